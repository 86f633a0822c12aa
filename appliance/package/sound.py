"""Judges the sound in a package: does the WAV sound as the Opus does, and as long as is said?

The Opus file is taken apart and written anew: nothing may be in it but the packets. Then it is
decoded, and after it what there is of A-law. Another libopus, or another processor, may decode to
slightly other samples (RFC 6716, 6: a decoder conforms that sounds the same), so samples may differ
by NEAR; whether the WAV was changed by as little is said by its sum.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import numpy as np

from appliance import call_entry, ogg_read, wav
from appliance.decoding import packets
from appliance.ogg_read import BadOgg
from appliance.package import contents
from appliance.package.findings import Report
from appliance.playback import Recording
from appliance.vault.segment import Codec
from dsp.opus import FRAME, BadPacket
from dsp.units import AUDIO_HZ

#: Steps of 16 bits, 66 dB below full scale: bench value.
NEAR: Final = 16
#: A WAV file holds no more: 4 GiB.
MOST_S: Final = 1 << 18


def judge(
    files: Mapping[str, bytes], call_id: str, record: Mapping[str, Any], report: Report
) -> None:
    """Note what does not match in the two files of sound."""
    opus_name, wav_name = contents.opus_name(call_id), contents.wav_name(call_id)
    if len(files.get(contents.alaw_name(call_id), b"")) % FRAME:
        report.find("malformed", name=contents.alaw_name(call_id))
        return
    recording = None
    if opus_name in files:
        recording = _recording(files, call_id, record)
        if recording is None:
            report.find("opus_damaged", name=opus_name)
        else:
            _length(opus_name, recording.samples, record, report)
    if wav_name in files:
        samples, odd = divmod(len(files[wav_name]) - wav.HEADER_BYTES, 2)
        if samples < 0 or odd or files[wav_name][: wav.HEADER_BYTES] != wav.header(samples):
            report.find("malformed", name=wav_name)
            return
        _length(wav_name, samples, record, report)
        if recording is not None and recording.samples == samples:
            _decode(recording, call_id, files[wav_name], report)
    report.audio_s = said_s(record)


def said_s(record: Mapping[str, Any]) -> float:
    """Return how long a record says that the sound is; -1 when it says nothing of the kind."""
    said: Any = record.get("audio_s")
    sane = isinstance(said, int | float) and 0 <= said < MOST_S
    return float(said) if sane else -1.0


def commitment(files: Mapping[str, bytes], call_id: str, salt: bytes) -> str:
    """Return what the ledger's entry says of these packets; "" when there are none."""
    try:
        kept = ogg_read.read(files[contents.opus_name(call_id)]).packets + _alaw(files, call_id)
        return call_entry.commit(sha256(call_entry.framed(kept)).digest(), salt)
    except ValueError:
        return ""


def _alaw(files: Mapping[str, bytes], call_id: str) -> list[bytes]:
    """Return the packets that were kept as A-law."""
    content = files.get(contents.alaw_name(call_id), b"")
    return [content[at : at + FRAME] for at in range(0, len(content), FRAME)]


def _recording(
    files: Mapping[str, bytes], call_id: str, record: Mapping[str, Any]
) -> Recording | None:
    opus, alaw = files[contents.opus_name(call_id)], _alaw(files, call_id)
    try:
        stream = ogg_read.read(opus)
        kept = packets(Codec.OPUS, stream.packets) + packets(Codec.ALAW, alaw)
        samples = round(said_s(record) * AUDIO_HZ) if alaw else stream.samples
        recording = Recording(call_id, kept, samples)
    except (BadOgg, ValueError):
        return None
    return recording if recording.ogg == opus else None


def _length(name: str, samples: int, record: Mapping[str, Any], report: Report) -> None:
    if round(said_s(record) * AUDIO_HZ) != samples:
        said = record.get("audio_s")
        report.find("length", name=name, found=f"{samples / AUDIO_HZ:.4f}", said=said)


def _decode(recording: Recording, call_id: str, content: bytes, report: Report) -> None:
    at, report.exact = wav.HEADER_BYTES, True
    try:
        for piece in recording.pcm(0, recording.samples):
            same = content[at : at + len(piece)]
            at += len(piece)
            if piece != same:
                report.exact = False
            if not _near(piece, same):
                report.find("wav_differs", name=contents.wav_name(call_id))
                return
    except BadPacket:
        report.find("opus_damaged", name=contents.opus_name(call_id))
        return
    if at != len(content):
        report.find("wav_differs", name=contents.wav_name(call_id))


def _near(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    if len(one) != len(other):
        return False
    apart = np.frombuffer(one, "<i2").astype(np.int32) - np.frombuffer(other, "<i2")
    return int(np.abs(apart).max()) <= NEAR
