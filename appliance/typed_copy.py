"""Why calls are held, a second time: the index alone has it in clear (typed.py).

    spare/typed.json    {entry: [call, text, salt in hex]}: what was typed about calls that are held

The index is made again without it where it is lost; a hold without its reason is of no use to who
must say whether it may end. Written anew with each hold, its end, and the erasure of its call: what
it held before is written over first. Power goes after that: zeros, and the next start writes it.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from appliance import asides, spares
from appliance.durable import replace
from appliance.index import CallIndex
from appliance.typed import Typed

log = logging.getLogger(__name__)

NAME: Final = "typed.json"


def settle(data: Path, index: CallIndex) -> None:
    """Make the copy what the index says; where the disk does not let it, the next time."""
    try:
        _settle(data, index)
    except OSError as error:  # on a full disk erasing goes on, and the box starts: it is a copy
        log.error("why calls are held is there once only: %s", error)


def _settle(data: Path, index: CallIndex) -> None:
    path, texts = data / spares.FOLDER / NAME, index.typed_of_held()
    content = _pack(texts) if texts else b""
    before = path.read_bytes() if path.exists() else b""
    if content == before:
        return
    if before:
        for _ in asides.write_over(path):
            pass
    # Power goes now: zeros.
    if content:
        replace(path, content)
    else:
        asides.unlink(path)


def read(data: Path) -> dict[int, Typed]:
    """Return what was typed, as far as the copy can be read; the ledger says whether it is true."""
    try:
        found = json.loads((data / spares.FOLDER / NAME).read_bytes())
        return {
            int(entry): Typed(str(call), str(text), bytes.fromhex(salt))
            for entry, (call, text, salt) in found.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.error("%s: %s", NAME, error)
        return {}


def _pack(texts: Mapping[int, Typed]) -> bytes:
    rows = {str(n): [said.call_id, said.text, said.salt.hex()] for n, said in texts.items()}
    return json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()
