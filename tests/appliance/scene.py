"""The calls of the appliance's tests: scripts of line signals, and when they began."""

from datetime import UTC, datetime

from firmware_bridge.script import (
    Answer,
    CallerId,
    Dial,
    Flash,
    Idle,
    LineScript,
    Notice,
    NumberDisplay,
    OffHook,
    OnHook,
    Plant,
    RecordBeep,
    Reverse,
    Ring,
    Talk,
    Tone,
    Unplug,
)

START = datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC)
PASSPHRASE = "correct horse battery"

#: An incoming call answered in a pause of the ringing, an outgoing one with a flash, a missed one,
#: and a cable pulled in mid-call.
SCRIPTS = (
    LineScript(
        Plant(idle_v=48),
        (
            Idle(1),
            Ring(freq_hz=20, answered_after_s=4.3),
            OffHook(),
            Talk("ko", 6, seed=1),
            OnHook(),
            Idle(3),
        ),
    ),
    LineScript(
        Plant(idle_v=24, talk_v=6, ring_v=45),
        (
            Idle(1.5),
            OffHook(),
            Tone("kr", "dial", 0.5),
            Dial("0318036"),
            Idle(1),
            Answer(),
            Talk("ja", 3, seed=2),
            Flash(500),
            Talk("ja", 2, seed=3),
            OnHook(),
            Idle(3),
        ),
    ),
    LineScript(Plant(), (Idle(2), Ring(freq_hz=16, bursts=2), Idle(7))),
    LineScript(Plant(), (Idle(1), OffHook(), Talk("en", 4, seed=4), Unplug(4), Idle(2))),
)

#: Calls in which both parties are told: by the announcement, which is cut off in the line 2 by the
#: hang-up, by the record tone, by the one after the other, not at all; and one that nobody took.
NOTICE_SCRIPTS = (
    LineScript(
        Plant(),
        (
            *(Idle(1), Ring(answered_after_s=2.3), OffHook(), Notice("ko"), Talk("ko", 5, seed=1)),
            *(OnHook(), Idle(3)),
        ),
    ),
    LineScript(Plant(), (Idle(1), OffHook(), Idle(0.5), Notice("ko"), OnHook(), Idle(8))),
    LineScript(
        Plant(idle_v=24, talk_v=6),
        (*(Idle(1), OffHook(), Talk("ja", 3, seed=2), RecordBeep(), Talk("ja", 3)), OnHook()),
    ),
    LineScript(
        Plant(), (Idle(1), OffHook(), RecordBeep(), Idle(1), Notice("ko"), Idle(1), Unplug(4))
    ),
    LineScript(Plant(), (Idle(1), OffHook(), Notice("ja"), Talk("ko", 6, seed=3), OnHook())),
    LineScript(Plant(), (Idle(1), Ring(bursts=2), Idle(7))),
    LineScript(Plant(), (OffHook(), Talk("ko", 5, seed=4), OnHook())),
)

JAPAN = Plant(talk_v=7, mains_hz=50.0, noise_dbm0=-58.0)

#: Callers told: number display answered, and not answered from a coin telephone; a person who lifts
#: while the number display is being woken; Korea's between the rings; a number withheld.
CALLERS = (
    LineScript(
        JAPAN,
        (
            Idle(1),
            NumberDisplay("0312345678", dialled="0173352111"),
            Ring(freq_hz=16, answered_after_s=4.3),
            OffHook(),
            Talk("ja", 6, seed=1),
            OnHook(),
            Idle(3),
        ),
    ),
    LineScript(JAPAN, (Idle(1), NumberDisplay(absence="C"), Ring(freq_hz=16, bursts=2), Idle(7))),
    LineScript(
        JAPAN,
        (
            Idle(1),
            Reverse(),
            Idle(0.3),
            Ring(freq_hz=16, on_s=0.5, off_s=0.5, answered_after_s=1.7),
            OffHook(),
            Talk("ja", 12, seed=2),
            OnHook(),
            Idle(3),
        ),
    ),
    LineScript(
        Plant(),
        (
            Idle(1),
            Ring(answered_after_s=4.3, caller_id=CallerId("0313708114", "KIM")),
            OffHook(),
            Talk("ko", 4, seed=3),
            OnHook(),
            Idle(3),
        ),
    ),
    LineScript(
        Plant(),
        (
            Idle(1),
            CallerId(absence="P", standard="sdmf"),
            Idle(0.5),
            Ring(bursts=2),
            Idle(7),
        ),
    ),
)
