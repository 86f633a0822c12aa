import shutil
import subprocess

import numpy as np
import pytest

from appliance import keys
from appliance.decoding import packets
from appliance.playback import CannotOpen, Recording, open_recording, open_what_is_left
from appliance.vault.reel import ReelWriter, scan
from appliance.vault.segment import NO_BACK, CallSealer, Codec
from dsp.g711 import decode
from dsp.opus import Encoder, encode
from tests import fax
from tests.kept import kept_packets
from tests.web_min.rig import call, speechlike, ulid

CALL = ulid(1)


def recorded(audio):
    with Encoder(complexity=0) as encoder:
        return Recording(CALL, packets(Codec.OPUS, encode(audio, encoder)), len(audio))


@pytest.fixture(scope="module")
def audio():
    return speechlike(5.0)


@pytest.fixture(scope="module")
def recording(audio):
    return recorded(audio)


def pcm(recording, first, stop):
    return np.frombuffer(b"".join(recording.pcm(first, stop)), "<i2")


def test_what_went_in_comes_out_in_its_place(recording, audio):
    heard = pcm(recording, 0, recording.samples)
    assert len(heard) == len(audio) == recording.samples
    lags = range(-20, 21)
    fit = [np.corrcoef(np.roll(audio, lag)[100:-100], heard[100:-100])[0, 1] for lag in lags]
    assert lags[int(np.argmax(fit))] == 0
    assert max(fit) > 0.9


@pytest.mark.parametrize("first", [0, 1, 108, 160, 7_777, 39_999])
@pytest.mark.parametrize("count", [0, 1, 159, 160, 8_001, 100_000])
def test_any_part_sounds_as_in_the_whole(recording, first, count):
    whole = pcm(recording, 0, recording.samples)[first : first + count].astype(float)
    part = pcm(recording, first, first + count).astype(float)
    assert len(part) == len(whole)
    if count:
        assert np.abs(part - whole).max() <= 300  # of 32 768; bit-exact only from the start


def test_pieces_are_a_second_at_most(recording):
    assert max(map(len, recording.pcm(0, recording.samples))) <= 2 * 8000


@pytest.mark.parametrize("count", [0, 1, 159, 160, 161, 8000])
def test_a_recording_may_be_of_any_length(count):
    if not count:
        with pytest.raises(ValueError, match="packets"):
            recorded(speechlike(1.0)[:0])
        return
    found = recorded(speechlike(1.0)[:count])
    assert found.samples == count
    assert len(pcm(found, 0, count)) == count
    assert len(found.peaks) == -(-count // 160)


def test_a_row_that_says_more_than_the_reel_holds_is_not_believed(recording):
    packets = recording._packets[:10]
    assert Recording(CALL, packets, 10**9).samples == 1600 - 52


def test_peaks_are_loud_where_the_sound_is(audio):
    quiet = audio.copy()
    quiet[8000:16000] = 0
    peaks = recorded(quiet).peaks
    assert len(peaks) == 250
    assert peaks.max() <= 1.0
    assert peaks[:50].max() > 0.3
    assert peaks[55:95].max() < 0.01


@pytest.mark.skipif(not shutil.which("opusinfo"), reason="needs opus-tools")
def test_the_ogg_file_satisfies_opusinfo(recording, tmp_path):
    path = tmp_path / "call.opus"
    path.write_bytes(recording.ogg)
    told = subprocess.run(["opusinfo", path], capture_output=True, text=True, check=True).stdout
    assert "Playback length: 0m:05.000s" in told
    assert "WARNING" not in told


@pytest.mark.parametrize(
    "change", [{"reel": ""}, {"last_offset": None}, {"reel": "2026-11-23/777.reel"}]
)
def test_what_is_not_on_the_reel_cannot_be_opened(tmp_path, change):
    with pytest.raises(CannotOpen):
        open_recording(tmp_path, call(**change), b"AGE-SECRET-KEY-1X", b"no age file")


class Keys:
    """A vault's identity, and one call's data key sealed to it."""

    def __init__(self):
        pair = keys.new_age_pair()
        self.identity = pair.identity.encode()
        self.data_key = keys.new_data_key()
        self.age_file = keys.seal_data_key(self.data_key, [pair.recipient])


@pytest.fixture(scope="module")
def vault_keys():
    return Keys()


def on_reel(vault, data_key, audio, codec=Codec.OPUS):
    """Seal a call's seconds on a reel as the recorder does; return its row."""
    with Encoder(complexity=0) as encoder:
        packets = encode(audio, encoder)
    writer, sealer = ReelWriter(vault, "2026-11-23", "box"), CallSealer(CALL, data_key)
    back = NO_BACK
    for n in range(0, len(packets), 50):
        second = packets[n : n + 50]
        back = writer.append(
            sealer.seal_audio(second, n * 160, len(second) * 160, back, codec=codec)
        )
    last = writer.append(sealer.seal_facts({"line": 3}, back))
    writer.flush()
    writer.close()
    reel = str(writer.path.relative_to(vault))
    return call(id=CALL, reel=reel, last_offset=last, audio_samples=len(audio))


def test_a_call_on_the_reel_opens_with_the_vaults_secret(tmp_path, audio, vault_keys):
    row = on_reel(tmp_path, vault_keys.data_key, audio)
    opened = open_recording(tmp_path, row, vault_keys.identity, vault_keys.age_file)
    assert opened.samples == len(audio)
    assert opened.ogg == recorded(audio).ogg
    assert sorted(p.name for p in (tmp_path / "2026-11-23").iterdir()) == ["000.reel"]


@pytest.mark.parametrize(
    "secret",
    [b"", b"x", b"\xff", keys.new_age_pair().identity.encode()],
    ids=["none", "short", "no text", "another"],
)
def test_another_secret_opens_nothing(tmp_path, audio, vault_keys, secret):
    row = on_reel(tmp_path, vault_keys.data_key, audio)
    with pytest.raises(CannotOpen):
        open_recording(tmp_path, row, secret, vault_keys.age_file)


@pytest.mark.parametrize("where", [0.2, 0.5, 0.99])
def test_a_damaged_reel_opens_nothing(tmp_path, audio, vault_keys, where):
    row = on_reel(tmp_path, vault_keys.data_key, audio)
    path = tmp_path / row.reel
    damaged = bytearray(path.read_bytes())
    damaged[int(len(damaged) * where)] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(CannotOpen):
        open_recording(tmp_path, row, vault_keys.identity, vault_keys.age_file)


@pytest.mark.parametrize("second", range(4))
def test_what_is_left_of_a_damaged_call_is_heard_where_it_was(tmp_path, audio, vault_keys, second):
    row = on_reel(tmp_path, vault_keys.data_key, audio)
    path = tmp_path / row.reel
    damaged = bytearray(path.read_bytes())
    places = [stretch.offset for stretch in scan(path)]
    damaged[places[second] + 200] ^= 1
    path.write_bytes(damaged)
    whole = recorded(audio)
    left = open_what_is_left(tmp_path, row, vault_keys.identity, vault_keys.age_file)
    assert (left.samples, left.lost_s) == (whole.samples, 1.0)
    heard, all_of_it = pcm(left, 0, left.samples), pcm(whole, 0, whole.samples)
    for n in set(range(4)) - {second}:
        # Its first moments depend on what was lost before them.
        part = slice(n * 8000 + 2000, (n + 1) * 8000 - 100)
        assert np.corrcoef(heard[part], all_of_it[part])[0, 1] > 0.9
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CannotOpen, match="nothing of it"):
        open_what_is_left(tmp_path, row, vault_keys.identity, vault_keys.age_file)


def test_of_a_call_that_lost_its_facts_alone_nothing_is_silent(tmp_path, audio, vault_keys):
    row = on_reel(tmp_path, vault_keys.data_key, audio)
    path = tmp_path / row.reel
    path.write_bytes(path.read_bytes()[: row.last_offset])
    left = open_what_is_left(tmp_path, row, vault_keys.identity, vault_keys.age_file)
    assert (left.ogg, left.lost_s) == (recorded(audio).ogg, 0.0)


def test_a_call_that_is_not_the_codec_that_it_says_does_not_open(tmp_path, audio, vault_keys):
    row = on_reel(tmp_path, vault_keys.data_key, audio, codec=Codec.ALAW)
    with pytest.raises(CannotOpen):
        open_recording(tmp_path, row, vault_keys.identity, vault_keys.age_file)


def fax_recording():
    kept, heard, _ = kept_packets(fax.audio())
    return Recording(CALL, kept, heard.samples)


def test_what_a_machine_sends_can_be_read_from_the_recording():
    recording = fax_recording()
    heard = pcm(recording, 0, recording.samples)
    assert len(heard) == len(fax.audio())
    assert np.array_equal(fax.read(heard), fax.DATA)
    # The control: in Opus it is gone.
    spoilt = recorded(fax.audio())
    assert not np.array_equal(fax.read(pcm(spoilt, 0, spoilt.samples)), fax.DATA)


@pytest.mark.parametrize("first, stop", [(0, 160), (20_000, 30_001), (8_000, 40_000)])
def test_any_part_of_a_machines_call_sounds_as_in_the_whole(first, stop):
    recording = fax_recording()
    whole = pcm(recording, 0, recording.samples)
    part = pcm(recording, first, stop)
    assert np.abs(part.astype(int) - whole[first:stop]).max() <= 200


def test_the_ogg_file_of_a_machines_call_ends_where_g711_begins():
    recording = fax_recording()
    assert 0 < recording.ogg_samples < recording.samples
    rest = decode(recording.alaw)[: recording.samples - recording.ogg_samples]
    assert np.array_equal(rest, pcm(recording, recording.ogg_samples, recording.samples))


def test_opus_behind_g711_is_no_recording():
    kept = kept_packets(fax.audio())[0]
    with pytest.raises(ValueError, match="Opus behind"):
        Recording(CALL, kept[::-1], 8000)
