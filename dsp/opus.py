"""Opus packets of a telephone line, through libopus.

One packet is 20 ms, 160 samples at 8 000 a second: narrowband, VOIP, VBR, about 40 bytes at
16 kbit/s. DTX stays off: it stands invented noise in the place of a quiet line. The encoder looks
ahead, so its output comes `lookahead` samples late: a reader drops that many first (the pre-skip
of RFC 7845 4.2, there in 48 kHz samples), and a writer pushes zeros after the last sample until
it has come out. `encode` and `decode` do both.

An `Encoder` or `Decoder` is for one thread at a time; libopus itself runs without the GIL.

Source: RFC 6716 (Opus), RFC 7845 (pre-skip), opus_defines.h of libopus 1.3.1 (request numbers).
"""

import ctypes
import ctypes.util
import importlib.util
import weakref
from collections.abc import Callable, Iterable
from ctypes import POINTER, byref, c_char_p, c_int, c_int16, c_int32, c_void_p
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]

#: Samples in a packet: 20 ms, the frame that RFC 6716 2.1.4 advises.
FRAME: Final = 160
#: Samples by which libopus at 8 kHz comes late: 2.5 ms ahead, 4 ms to compensate its delays.
#: Source: opus_encoder.c of libopus 1.3.1; `Encoder.lookahead` reads the same from the library.
LOOKAHEAD: Final = 52
#: Longest packet of one frame: RFC 6716 3.4, 1275 bytes, and its first byte.
MAX_PACKET_BYTES: Final = 1276
#: Longest that a packet may last: RFC 6716 3.4, 120 ms.
_MAX_DECODED: Final = AUDIO_HZ * 120 // 1000

_APPLICATION_VOIP: Final = 2048
_BANDWIDTH_NARROWBAND: Final = 1101
_SIGNAL_VOICE: Final = 3001
_SET_BITRATE: Final = 4002
_SET_VBR: Final = 4006
_SET_BANDWIDTH: Final = 4008
_SET_COMPLEXITY: Final = 4010
_SET_DTX: Final = 4016
_SET_SIGNAL: Final = 4024
_GET_LOOKAHEAD: Final = 4027


class OpusMissing(RuntimeError):
    """There is no libopus on this machine."""


class OpusError(RuntimeError):
    """libopus refused.

    Attributes:
        code: libopus's error number, negative.
    """

    def __init__(self, doing: str, code: int) -> None:
        super().__init__(f"{doing}: {_libopus().opus_strerror(code).decode()} ({code})")
        self.code = code


class BadPacket(ValueError):
    """A packet that is not 20 ms of Opus."""


class _Codec:
    """A state of libopus that is freed once: by close(), `with`, or the garbage collector."""

    def __init__(self, state: int, destroy: Callable[[int], None]) -> None:
        self._open_state = state
        self._free = weakref.finalize(self, destroy, state)

    @property
    def _state(self) -> int:
        if not self._free.alive:
            raise ValueError("closed")
        return self._open_state

    def close(self) -> None:
        """Free libopus's state; closing twice does nothing."""
        self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Encoder(_Codec):
    """One line's encoder."""

    def __init__(self, complexity: int = 10, bitrate: int = 16_000) -> None:
        """Make an encoder with no past.

        Args:
            complexity: 0 (a quarter of the CPU) to 10.
            bitrate: bit/s aimed at, 6 000 to 64 000.

        Raises:
            ValueError: a setting out of its range.
            OpusMissing: there is no libopus.
        """
        if not 0 <= complexity <= 10:
            raise ValueError(f"complexity {complexity}, want 0..10")
        if not 6_000 <= bitrate <= 64_000:
            raise ValueError(f"{bitrate} bit/s, want 6000..64000")
        self._lib = _libopus()
        code = c_int()
        state = self._lib.opus_encoder_create(AUDIO_HZ, 1, _APPLICATION_VOIP, byref(code))
        _check("make an encoder", code.value)
        super().__init__(state, self._lib.opus_encoder_destroy)
        for request, value in (
            (_SET_BANDWIDTH, _BANDWIDTH_NARROWBAND),
            (_SET_SIGNAL, _SIGNAL_VOICE),
            (_SET_BITRATE, bitrate),
            (_SET_VBR, 1),
            (_SET_DTX, 0),
            (_SET_COMPLEXITY, complexity),
        ):
            _check("set up an encoder", self._lib.opus_encoder_ctl(self._state, request, value))
        self._packet = ctypes.create_string_buffer(MAX_PACKET_BYTES)

    @property
    def lookahead(self) -> int:
        """Samples by which the decoded stream is late, at 8 000 a second."""
        value = c_int32()
        get = self._lib["opus_encoder_ctl"]  # a second prototype of the same variadic function
        get.argtypes, get.restype = [c_void_p, c_int, POINTER(c_int32)], c_int
        _check("read the look-ahead", get(self._state, _GET_LOOKAHEAD, byref(value)))
        return value.value

    def encode(self, frame: Samples) -> bytes:
        """Encode the stream's next 20 ms.

        Args:
            frame: int16[160].

        Raises:
            ValueError: a frame of another shape or type, or the encoder is closed.
        """
        if frame.shape != (FRAME,) or frame.dtype != np.int16:
            raise ValueError(f"a frame is {frame.dtype}{list(frame.shape)}, want int16[{FRAME}]")
        pcm = np.ascontiguousarray(frame).ctypes.data_as(POINTER(c_int16))
        got = self._lib.opus_encode(self._state, pcm, FRAME, self._packet, MAX_PACKET_BYTES)
        _check("encode", got)
        return self._packet.raw[:got]


class Decoder(_Codec):
    """One line's decoder."""

    def __init__(self) -> None:
        """Make a decoder with no past.

        Raises:
            OpusMissing: there is no libopus.
        """
        self._lib = _libopus()
        code = c_int()
        state = self._lib.opus_decoder_create(AUDIO_HZ, 1, byref(code))
        _check("make a decoder", code.value)
        super().__init__(state, self._lib.opus_decoder_destroy)

    def decode(self, packet: bytes) -> Samples:
        """Decode the stream's next packet.

        Returns:
            int16[160].

        Raises:
            BadPacket: not Opus, or not 20 ms of it; the decoder may be used further.
            ValueError: the decoder is closed.
        """
        if not packet:  # to libopus this means "lost, invent something"
            raise BadPacket("a packet of no bytes")
        pcm = np.empty(_MAX_DECODED, np.int16)
        out = pcm.ctypes.data_as(POINTER(c_int16))
        got = self._lib.opus_decode(self._state, packet, len(packet), out, _MAX_DECODED, 0)
        if got < 0:
            raise BadPacket(f"{len(packet)} bytes: {self._lib.opus_strerror(got).decode()}")
        if got != FRAME:
            raise BadPacket(f"a packet of {got} samples, want {FRAME}")
        return pcm[:FRAME].copy()


def encode(samples: Samples, encoder: Encoder) -> list[bytes]:
    """Encode a whole stream with an encoder that has no past.

    Args:
        samples: int16[n], any n.
        encoder: its look-ahead is flushed with zeros.

    Returns:
        ceil((n + look-ahead) / 160) packets; none when n is 0.
    """
    if not len(samples):
        return []
    count = -(-(len(samples) + encoder.lookahead) // FRAME)
    padded = np.zeros(count * FRAME, np.int16)
    padded[: len(samples)] = samples
    return [encoder.encode(frame) for frame in padded.reshape(count, FRAME)]


def decode(packets: Iterable[bytes], lookahead: int, count: int) -> Samples:
    """Decode a whole stream, each sample back in its place.

    Args:
        packets: all of the stream's packets.
        lookahead: of the encoder that made them.
        count: samples in the stream.

    Returns:
        int16[count].

    Raises:
        BadPacket: one of the packets is not 20 ms of Opus.
        ValueError: the packets end before the stream does.
    """
    with Decoder() as decoder:
        late = [decoder.decode(packet) for packet in packets]
    audio = np.concatenate([*late, np.empty(0, np.int16)])[lookahead : lookahead + count]
    if len(audio) < count:
        raise ValueError(f"the packets hold {len(audio)} samples, want {count}")
    return audio


@cache
def _libopus() -> ctypes.CDLL:
    name = ctypes.util.find_library("opus") or _bundled()
    if name is None:
        raise OpusMissing("libopus is not installed; remedy: apt install libopus0")
    lib = ctypes.CDLL(name)  # CDLL, not PyDLL: the GIL is released in each call
    samples = POINTER(c_int16)
    prototypes: tuple[tuple[str, Any, list[Any]], ...] = (
        ("opus_strerror", c_char_p, [c_int]),
        ("opus_encoder_create", c_void_p, [c_int32, c_int, c_int, POINTER(c_int)]),
        ("opus_encoder_ctl", c_int, [c_void_p, c_int, c_int32]),
        ("opus_encode", c_int32, [c_void_p, samples, c_int, c_char_p, c_int32]),
        ("opus_encoder_destroy", None, [c_void_p]),
        ("opus_decoder_create", c_void_p, [c_int32, c_int, POINTER(c_int)]),
        ("opus_decode", c_int, [c_void_p, c_char_p, c_int32, samples, c_int, c_int]),
        ("opus_decoder_destroy", None, [c_void_p]),
    )
    for name_of, result, arguments in prototypes:
        function = getattr(lib, name_of)
        function.restype, function.argtypes = result, arguments
    return lib


def _bundled() -> str | None:
    """Where the wheel opuslib-next-bundled keeps its libopus, if it is installed."""
    spec = importlib.util.find_spec("opuslib_next")
    for place in (spec and spec.submodule_search_locations) or ():
        library = Path(place) / "_native" / "libopus.so"
        if library.exists():
            return str(library)
    return None


def _check(doing: str, code: int) -> None:
    if code < 0:
        raise OpusError(doing, code)
