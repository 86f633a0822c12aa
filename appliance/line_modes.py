"""Which lines are recorded in full, on request or not at all, as the page has set them.

    DATA/line_modes.json    {"3": "full", "5": "none"}

What is not in it is as site.toml says. The recorder alone writes it, when an application has been
approved and somebody switches the line; each change is in the ledger first.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from appliance import durable
from appliance.call_machine import Mode
from appliance.site import Site

NAME = "line_modes.json"


def read(data: Path) -> dict[int, Mode]:
    """Return what has been set, nothing where the file is not there.

    Raises:
        ValueError: it is not as it was written.
    """
    try:
        raw = json.loads((data / NAME).read_text())
    except FileNotFoundError:
        return {}
    if not isinstance(raw, dict):
        raise ValueError(f"{data / NAME}: {raw!r}, want an object")
    return {int(line): Mode(mode) for line, mode in raw.items()}


def write(data: Path, modes: Mapping[int, Mode]) -> None:
    """Keep all of them: power goes now, and the file is as it was or as it is to be."""
    text = json.dumps({str(line): mode.value for line, mode in sorted(modes.items())})
    durable.replace(data / NAME, f"{text}\n".encode(), mode=0o640)


def applied(site: Site, modes: Mapping[int, Mode]) -> Site:
    """Return a site with its lines in these modes; one that it does not name is added."""
    named = {line.number for line in site.lines}
    lines = (*site.lines, *(site.line(n) for n in sorted(set(modes) - named)))
    return replace(
        site,
        lines=tuple(replace(line, mode=modes.get(line.number, line.mode)) for line in lines),
    )
