"""What is heard in a capture: every event, sorted by when it happened."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from appliance.progress import Progress
from dsp import talkers
from dsp.bank import LineBank
from dsp.events import Event
from firmware_bridge.block import Samples
from firmware_bridge.capture import Capture

#: Taken at a time: more is quicker, and the events are the same.
_PIECE_MS = 200


def analyse(path: Path, announcements: Sequence[Samples] = ()) -> list[Event]:
    """Return the events of a capture.

    Args:
        announcements: looked for while a line is off the hook.

    Raises:
        CaptureError: it cannot be read.
    """
    with Capture(path) as capture:
        heard = sorted(_heard(capture, announcements), key=lambda e: (e.sample, e.line, e.believed))
        return talkers.told(heard)


def _heard(capture: Capture, announcements: Sequence[Samples]) -> Iterator[Event]:
    bank = LineBank(
        capture.lines,
        has_volts=capture.has_volts,
        has_audio=capture.has_audio,
        announcements=announcements,
    )
    done_ms = 0
    with Progress("listening", capture.seconds * 1000) as progress:
        while True:
            audio, volts = capture.read(_PIECE_MS)
            if not volts.shape[1]:
                break
            yield from bank.push(audio, volts)
            done_ms += _PIECE_MS
            progress.at(done_ms)
    yield from bank.close()


def table(events: list[Event]) -> Iterator[str]:
    """Yield the lines of a table for people."""
    yield f"{'time':>12}  {'line':>4}  {'event':18} details"
    for event in events:
        facts = event.as_json()
        for name in ("line", "at_s", "event", "believed_s"):
            facts.pop(name, None)
        details = "  ".join(f"{name} {value}" for name, value in facts.items())
        minutes, seconds = divmod(event.at_s, 60)
        yield f"{int(minutes):5d}:{seconds:06.3f}  {event.line:4d}  {event.kind:18} {details}"
