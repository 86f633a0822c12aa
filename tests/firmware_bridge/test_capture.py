import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from firmware_bridge.capture import (
    BadStart,
    Capture,
    CaptureError,
    ChannelsDiffer,
    NotACapture,
    WrongRate,
    write_capture,
)
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.script import Idle, LineScript, OffHook, OnHook, Plant, Ring, Talk
from firmware_bridge.wav import WavWriter

RNG = np.random.default_rng(2)
AUDIO = RNG.integers(-3000, 3000, (2, 8000)).astype(np.int16)
VOLTS = RNG.integers(-5000, 5000, (2, 1000)).astype(np.int16)


@pytest.fixture
def here(tmp_path):
    def write(name, rate, samples):
        with WavWriter(tmp_path / name, rate, len(samples)) as wav:
            wav.write(samples)
        return tmp_path / name

    return write


def test_audio_and_voltage_are_read_in_step(here):
    path = here("a.wav", 8000, AUDIO)
    here("a.volts.wav", 1000, VOLTS)
    with Capture(path) as capture:
        assert (capture.has_audio, capture.has_volts, capture.lines) == (True, True, 2)
        assert (capture.seconds, capture.padded_s, capture.start) == (1.0, 0.0, None)
        audio, volts = capture.read(10)
        assert np.array_equal(audio, AUDIO[:, :80])
        assert np.array_equal(volts, VOLTS[:, :10])


@pytest.mark.parametrize("size", [1, 7, 10, 999, 5000])
def test_any_pieces_give_the_same_samples(here, size):
    path = here("a.wav", 8000, AUDIO)
    here("a.volts.wav", 1000, VOLTS)
    with Capture(path) as capture:
        pieces = []
        while (piece := capture.read(size))[1].shape[1]:
            pieces.append(piece)
    assert np.array_equal(np.hstack([a for a, _ in pieces]), AUDIO)
    assert np.array_equal(np.hstack([v for _, v in pieces]), VOLTS)


def test_audio_alone_is_off_the_hook_throughout(here):
    with Capture(here("a.wav", 8000, AUDIO)) as capture:
        assert (capture.has_audio, capture.has_volts) == (True, False)
        audio, volts = capture.read(2000)
    assert np.array_equal(audio, AUDIO)
    assert volts.shape == (2, 1000)
    assert set(volts.flat) == {800}


def test_voltage_alone_has_no_audio(here):
    with Capture(here("a.wav", 1000, VOLTS)) as capture:
        assert (capture.has_audio, capture.has_volts, capture.seconds) == (False, True, 1.0)
        audio, volts = capture.read(2000)
    assert np.array_equal(volts, VOLTS)
    assert audio.shape == (2, 8000)
    assert not audio.any()


def test_shorter_audio_is_padded_with_silence(here):
    path = here("a.wav", 8000, AUDIO[:, :4000])
    here("a.volts.wav", 1000, VOLTS)
    with Capture(path) as capture:
        assert (capture.seconds, capture.padded_s) == (1.0, 0.5)
        audio, volts = capture.read(2000)
    assert np.array_equal(audio[:, :4000], AUDIO[:, :4000])
    assert not audio[:, 4000:].any()
    assert np.array_equal(volts, VOLTS)


def test_shorter_voltage_is_held_and_not_an_unplugged_line(here):
    path = here("a.wav", 8000, AUDIO)
    here("a.volts.wav", 1000, VOLTS[:, :600])
    with Capture(path) as capture:
        assert capture.padded_s == pytest.approx(0.4)
        pieces = [capture.read(70)[1] for _ in range(20)]
    volts = np.hstack(pieces)
    assert np.array_equal(volts[:, :600], VOLTS[:, :600])
    assert np.array_equal(volts[:, 600:], np.repeat(VOLTS[:, 599:600], 400, axis=1))


def test_half_a_millisecond_of_audio_is_padded_to_a_whole_one(here):
    with Capture(here("a.wav", 8000, AUDIO[:, :804])) as capture:
        audio, volts = capture.read(1000)
    assert (audio.shape, volts.shape) == ((2, 808), (2, 101))


def test_an_empty_file_is_an_empty_capture(here):
    with Capture(here("a.wav", 8000, AUDIO[:, :0])) as capture:
        assert capture.seconds == 0
        assert capture.read(10)[1].shape == (2, 0)


def test_the_start_comes_from_the_json_beside_it(here, tmp_path):
    (tmp_path / "a.json").write_text('{"start": "2026-11-23T09:00:00+09:00"}')
    want = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=9)))
    with Capture(here("a.wav", 8000, AUDIO)) as capture:
        assert capture.start == want
    with Capture(here("a.volts.wav", 1000, VOLTS)) as capture:
        assert capture.start == want


@pytest.mark.parametrize(
    "text, says",
    [
        ("no json", "JSONDecodeError"),
        ('{"start": "yesterday"}', "yesterday"),
        ('{"start": 12}', "TypeError"),
        ('{"start": "2026-11-23T09:00:00"}', "no offset"),
        ("12", "TypeError"),
    ],
)
def test_a_start_that_is_none_is_refused(here, tmp_path, text, says):
    (tmp_path / "a.json").write_text(text)
    path = here("a.wav", 8000, AUDIO)
    with pytest.raises(BadStart, match=says) as refused:
        Capture(path)
    assert "a.json" in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(NotACapture, match=r"gone\.wav: No such file"):
        Capture(tmp_path / "gone.wav")


def test_a_file_that_is_no_wav_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"ID3" + bytes(100))
    with pytest.raises(NotACapture, match="want a RIFF WAVE file"):
        Capture(tmp_path / "a.wav")


@pytest.mark.parametrize("rate", [44_100, 16_000])
def test_another_rate_is_refused_with_got_and_want(here, rate):
    with pytest.raises(WrongRate, match=rf"a\.wav: {rate} Hz, want 8000 .audio. or 1000"):
        Capture(here("a.wav", rate, AUDIO))


def test_voltage_beside_audio_must_be_at_1_khz(here):
    path = here("a.wav", 8000, AUDIO)
    here("a.volts.wav", 2000, VOLTS)
    with pytest.raises(WrongRate, match=r"a\.volts\.wav: 2000 Hz, want 1000"):
        Capture(path)


def test_voltage_of_other_lines_is_refused(here):
    path = here("a.wav", 8000, AUDIO)
    here("a.volts.wav", 1000, VOLTS[:1])
    with pytest.raises(ChannelsDiffer, match=r"a\.volts\.wav: 1 channels, want 2"):
        Capture(path)


def test_every_refusal_can_be_caught_as_one():
    assert all(
        issubclass(e, CaptureError) for e in (NotACapture, WrongRate, ChannelsDiffer, BadStart)
    )


def test_a_script_written_is_the_capture_that_is_read(tmp_path):
    acts = (Idle(0.5), Ring(answered_after_s=1.2), OffHook(), Talk("en", 2), OnHook(), Idle(0.6))

    def source():
        return ScriptSource([LineScript(Plant(), acts), LineScript(Plant(idle_v=24), ())], seed=9)

    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    calls = write_capture(tmp_path / "a.wav", source(), seconds=4.25, start=start)
    audio, volts = source().read(4250)
    with Capture(tmp_path / "a.wav") as capture:
        assert (capture.seconds, capture.lines, capture.start) == (4.25, 2, start)
        got_audio, got_volts = capture.read(9999)
    assert np.array_equal(got_audio, audio)
    assert np.array_equal(got_volts, volts)
    truth = json.loads((tmp_path / "a.truth.json").read_text())
    assert truth["seconds"] == 4.25
    assert [c["answer_s"] for c in truth["calls"]] == [call.answer_s for call in calls] == [1.7]


def test_a_script_with_an_end_is_written_to_its_end(tmp_path):
    source = ScriptSource([LineScript(Plant(), (OffHook(), Idle(2.5), OnHook(), Idle(0.1)))])
    calls = write_capture(tmp_path / "a.wav", source)
    with Capture(tmp_path / "a.wav") as capture:
        assert capture.seconds == 3.0  # in whole seconds
    assert [call.end_s for call in calls] == [2.5]
