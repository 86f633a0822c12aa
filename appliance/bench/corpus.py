"""All cases of a seed."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from appliance.bench.caller_cases import caller_cases
from appliance.bench.case import Case, Group
from appliance.bench.dtmf_cases import dtmf_cases
from appliance.bench.joint_cases import joint_caller_cases, joint_dtmf_cases
from appliance.bench.line_cases import line_cases
from appliance.bench.speech_cases import speech_cases
from appliance.bench.tone_cases import tone_cases

GROUPS: Final[tuple[Group, ...]] = ("dtmf", "caller_id", "tone", "line", "speech")


def cases(group: Group, seed: int, minutes: float = 5.0) -> Iterator[Case]:
    """Yield the cases of a group; the same seed gives the same samples, whatever else is asked for.

    Args:
        minutes: of recorded speech from each voice that is installed.
    """
    rng = np.random.default_rng([seed, GROUPS.index(group)])
    if group == "speech":
        yield from speech_cases(rng, minutes)
        return
    made = {
        "dtmf": (dtmf_cases, joint_dtmf_cases),
        "caller_id": (caller_cases, joint_caller_cases),
        "tone": (tone_cases,),
        "line": (line_cases,),
    }
    for make in made[group]:
        yield from make(rng)
