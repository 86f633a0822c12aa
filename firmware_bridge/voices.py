"""Two people talking on the telephone, out of the sentences in speech/.

The near talker is the city's employee, the far one the resident, who comes through the exchange:
weaker, and there and back through A-law.

Source: levels are bench values within ITU-T P.56 active speech levels met on local lines, near
talkers some 7 dB above far ones.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal, NamedTuple
from wave import open as open_wave

import numpy as np

from firmware_bridge.block import Samples
from firmware_bridge.signals import AUDIO_HZ, Audio, a_law, to_int16

Party = Literal["near", "far"]
Language = Literal["ko", "ja", "en"]

#: Active level of the files in speech/, as make.sh leaves them.
FILE_DBM0: Final = -18.0
LEVEL_DBM0: Final[dict[Party, float]] = {"near": -15.0, "far": -22.0}
#: Pairs of question and answer in each language.
PAIRS: Final = 5


class Utterance(NamedTuple):
    """Attributes: start, in audio samples from the beginning of the talk."""

    start: int
    audio: Samples | Audio


@cache
def sentence(name: str, party: Party) -> Samples:
    """Return int16[n] of speech/NAME.wav at the level of a party.

    Raises:
        FileNotFoundError: there is no such sentence.
    """
    data = (files("firmware_bridge") / "speech" / f"{name}.wav").read_bytes()
    with open_wave(BytesIO(data)) as wav:
        spoken = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    gain = 10 ** ((LEVEL_DBM0[party] - FILE_DBM0) / 20)
    levelled = to_int16(spoken * gain)
    return a_law(levelled) if party == "far" else levelled


def talk(language: Language, n: int, seed: int) -> list[Utterance]:
    """Return what both say, in turn, in n samples; the last may run past the end.

    The employee greets first. Pauses between turns are 0.2 to 0.7 s.
    """
    rng = np.random.default_rng([seed, 0x7A1C])
    first = int(rng.integers(PAIRS))
    said = [Utterance(int(0.3 * AUDIO_HZ), sentence(f"{language}_greet", "near"))]
    turn = 0
    while (end := said[-1].start + len(said[-1].audio)) < n:
        party: Party = "near" if turn % 2 else "far"
        pair = (first + turn // 2) % PAIRS + 1
        pause = int(rng.uniform(0.2, 0.7) * AUDIO_HZ)
        said.append(Utterance(end + pause, sentence(f"{language}_{party}_{pair}", party)))
        turn += 1
    return said


def mix(said: list[Utterance], start: int, n: int) -> Audio:
    """Return float32[n] of what is said from sample start on."""
    total = np.zeros(n, np.float32)
    for begin, audio in said:
        low, high = max(begin, start), min(begin + len(audio), start + n)
        if low < high:
            total[low - start : high - start] += audio[low - begin : high - begin]
    return total
