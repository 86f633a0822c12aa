from math import log10

import numpy as np
import pytest

from firmware_bridge.line_player import LinePlayer, ScriptSource
from firmware_bridge.script import (
    CallerId,
    Dial,
    Flash,
    Idle,
    LineScript,
    OffHook,
    OnHook,
    Plant,
    PlugIn,
    Ring,
    Talk,
    Tone,
    Unplug,
)
from firmware_bridge.signals import hum

CALL = (
    Idle(0.5),
    Ring(freq_hz=16, answered_after_s=1.7, caller_id=CallerId("031")),
    OffHook(),
    Dial("5", on_ms=200),
    Talk("ko", 2.0),
    Flash(),
    Idle(0.333),
    OnHook(),
    Unplug(0.5),
    PlugIn(),
    Tone("kr", "dial", 0.4),
)
QUIET = Plant(noise_dbm0=-90, hum_dbm0=-90, volts_noise_v=0.0)


def play(*acts, plant=QUIET, seconds, **more):
    player = LinePlayer(LineScript(plant, acts, **more), 1, seed=3)
    audio, volts = player.render(round(seconds * 1000))
    return player, audio, volts / 100


def level_dbm0(audio):
    return 10 * log10(np.mean(np.square(audio, dtype=float)) / (32768**2 / 2)) + 3.14


@pytest.mark.parametrize("size", [1, 7, 10, 100, 333, 9000])
def test_a_line_read_in_any_pieces_gives_the_same_samples(size):
    whole_audio, whole_volts = LinePlayer(LineScript(Plant(), CALL), 2, seed=5).render(9000)
    player = LinePlayer(LineScript(Plant(), CALL), 2, seed=5)
    pieces = [player.render(min(size, 9000 - at)) for at in range(0, 9000, size)]
    assert np.array_equal(np.concatenate([a for a, _ in pieces]), whole_audio)
    assert np.array_equal(np.concatenate([v for _, v in pieces]), whole_volts)


def test_lines_and_seeds_differ_in_their_noise():
    def audio(line, seed):
        return LinePlayer(LineScript(Plant(), CALL), line, seed).render(100)[0].tolist()

    assert audio(1, 1) == audio(1, 1)
    assert audio(1, 1) != audio(2, 1)
    assert audio(1, 1) != audio(1, 2)


def test_there_are_eight_samples_of_audio_to_each_of_volts():
    audio, volts = LinePlayer(LineScript(Plant(), CALL), 1).render(123)
    assert (audio.dtype, volts.dtype, len(audio), len(volts)) == (np.int16, np.int16, 984, 123)


def test_the_voltages_are_those_of_the_plant():
    plant = Plant(idle_v=24.0, talk_v=6.0, volts_noise_v=0.0)
    _, _, volts = play(Idle(1), OffHook(), Idle(1), OnHook(), Idle(1), plant=plant, seconds=3)
    assert volts[900] == 24.0
    assert volts[1900] == pytest.approx(6.0, abs=0.01)
    assert volts[2900] == pytest.approx(24.0, abs=0.01)


def test_a_reversed_line_is_negative_from_its_first_sample():
    _, _, volts = play(Idle(1), plant=Plant(reversed=True, volts_noise_v=0.0), seconds=1)
    assert set(volts) == {-48.0}


def test_the_hook_switches_at_the_millisecond_that_the_truth_says():
    player, _, volts = play(*CALL, seconds=9)
    call = player.calls[0]
    answer, end = round(call.answer_s * 1000), round(call.end_s * 1000)
    assert volts[answer - 1] == pytest.approx(48.0, abs=0.1)  # in a pause of the ringing
    assert volts[answer] == pytest.approx(8 + 40 * np.exp(-1 / 3), abs=0.01)
    assert volts[answer + 15] == pytest.approx(8.0, abs=0.3)
    assert volts[end - 1] == pytest.approx(8.0, abs=0.1)  # the cable goes as the handset does
    assert volts[end + 20] == pytest.approx(0.0, abs=0.1)
    assert volts[end + 499] == 0.0
    assert volts[end + 600] == pytest.approx(48.0, abs=0.1)


def test_ringing_rides_on_the_battery():
    _, _, volts = play(Ring(freq_hz=16, bursts=2), seconds=4)
    burst = volts[:1000]
    assert burst.mean() == pytest.approx(48.0, abs=0.1)
    assert np.std(burst) == pytest.approx(75.0, abs=0.2)
    assert np.abs(np.fft.rfft(burst - 48)).argmax() == 16
    assert set(volts[1000:3000]) == {48.0}
    assert np.std(volts[3000:]) > 70


def test_keys_have_their_frequencies_and_level():
    _, audio, _ = play(OffHook(), Idle(0.5), Dial("5", on_ms=1000, twist_db=0.0), seconds=1.5)
    spectrum = np.abs(np.fft.rfft(audio[4000:12_000]))
    assert sorted(np.argsort(spectrum)[-2:].tolist()) == [770, 1336]
    assert level_dbm0(audio[4000:12_000]) == pytest.approx(-10 + 3.01, abs=0.05)


def test_an_idle_line_has_the_noise_of_its_plant():
    plant = Plant(noise_dbm0=-55.0, hum_dbm0=-90.0, volts_noise_v=0.2)
    _, audio, volts = play(Idle(20), plant=plant, seconds=20)
    assert level_dbm0(audio) == pytest.approx(-55.0, abs=0.2)
    assert np.std(volts) == pytest.approx(0.2, abs=0.01)


def test_switching_the_loop_is_heard_as_a_short_click():
    _, audio, _ = play(Idle(1), OffHook(), Idle(1), seconds=2)
    assert np.abs(audio[:8000]).max() < 10
    assert np.abs(audio[8000:8010]).max() > 5000
    assert np.abs(audio[8200:]).max() < 10


def test_a_switch_back_begins_where_the_loop_has_come_to():
    _, _, volts = play(OffHook(), Idle(0.5), Flash(3), Idle(0.1), seconds=0.6)
    up = 48 - 40 * np.exp(-1)  # one time constant of the way up
    assert volts[502] == pytest.approx(up, abs=0.01)
    assert volts[503] == pytest.approx(8 + (up - 8) * np.exp(-1 / 3), abs=0.01)


def test_hum_goes_on_from_act_to_act():
    plant = Plant(noise_dbm0=-90, hum_dbm0=-20.0)
    _, audio, _ = play(Idle(0.037), Idle(0.081), Idle(1.3), plant=plant, seconds=2)
    assert np.abs(audio - hum(60, 0, 16_000, -20.0)).max() < 10


def test_after_the_last_act_the_line_stays_as_it_was_left():
    player, _, volts = play(Idle(0.1), OffHook(), Idle(0.1), seconds=5)
    assert player.finished
    assert volts[-1] == pytest.approx(8.0, abs=0.01)


def test_a_repeated_script_begins_again_and_never_finishes():
    player, _, volts = play(Idle(0.5), OffHook(), Idle(0.5), OnHook(), repeat=True, seconds=10)
    assert not player.finished
    assert len(player.calls) == 9  # the tenth handset is put down at 10 s sharp
    assert volts[[400, 900, 1400, 1900]] == pytest.approx([48, 8, 48, 8], abs=0.1)


def test_a_script_that_never_ends_needs_no_more_memory_for_it():
    player = LinePlayer(LineScript(Plant(), CALL, repeat=True), 1)
    for _ in range(50):
        player.render(1000)
        assert len(player._volts) < 100


def test_lines_of_a_source_are_read_in_step():
    source = ScriptSource([LineScript(QUIET, CALL), LineScript(QUIET, (OffHook(), Idle(1)))])
    audio, volts = source.read(10)
    assert source.lines == 2
    assert (audio.shape, volts.shape) == ((2, 80), (2, 10))
    assert volts[0, 9] == 4800
    assert volts[1, 9] < 1200
    source.read(20_000)
    assert source.finished
    assert [call.line for call in source.calls] == [1]
