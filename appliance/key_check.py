"""What `kirok doctor` says of keys, people and memory: findings as (level, what, remedy).

Source: systemd-creds(1); systemd.exec(5), "LoadCredentialEncrypted=" and "LimitMEMLOCK=".
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from appliance import keys, private_memory
from appliance.box import Box
from appliance.registry import read_people
from appliance.registry_storage import RegistryBroken, RegistryMissing

Findings = Iterator[tuple[str, str, str]]

#: Where systemd looks for a credential that a unit asks for by name alone.
STORES: Final = (Path("/etc/credstore.encrypted"), Path("/etc/credstore"))


def examine(
    box: Box,
    stores: tuple[Path, ...] = STORES,
    swaps: Callable[[], list[str]] = private_memory.plain_swaps,
) -> Findings:
    """Examine a data folder's keys and people, and the memory of its services."""
    yield from _signing_key(box, stores)
    yield from _sheet(box)
    yield from _people(box)
    yield from _memory(box, swaps())


def _signing_key(box: Box, stores: tuple[Path, ...]) -> Findings:
    path = box.signing_key
    if not path.exists():
        kept = next((store / path.name for store in stores if (store / path.name).exists()), None)
        if kept:
            yield "fine", f"the signing key is a systemd credential, {kept}", ""
        else:
            yield "wrong", f"{path} is missing", "put back the copy of the folder"
        return
    try:
        public = keys.public_key_text(keys.load_signing_key(path).public_key())
    except (OSError, ValueError) as error:
        yield "wrong", f"the signing key cannot be read: {error}", "put back the copy of the folder"
        return
    if public != box.public_key:
        yield "wrong", f"{path} is not the key that box.toml names", "put back the right one"
    if path.parent != box.keys:
        yield "fine", f"the signing key is a systemd credential, {path}", ""
    elif path.stat().st_mode & 0o077:
        yield "wrong", f"{path} can be read by others", f"chmod 600 {path}"
    else:
        yield "fine", f"the signing key is a file, {path}", ""


def _sheet(box: Box) -> Findings:
    if box.sealed_identity.exists():
        yield "fine", f"{box.sealed_identity} is there for the recovery sheet", ""
    else:
        yield (
            "wrong",
            f"{box.sealed_identity} is missing",
            "put back a copy, or let somebody set their passphrase anew, which makes it:"
            f" kirok people passphrase --data {box.data} --as NAME",
        )


def _people(box: Box) -> Findings:
    try:
        people = read_people(box.registry)
    except RegistryMissing:
        return  # said by others
    except RegistryBroken as error:
        yield "wrong", str(error), "put back a copy of the file"
        return
    able = [person for person in people if person.opens and not person.code_until]
    old = [person for person in able if not keys.wrapped_as_now(person.wrapped)]
    if not able:
        yield "note", "nobody has a passphrase yet", "use the one-time code, or `kirok recover`"
    else:
        yield "fine", f"who can open the recordings: {len(able)}", ""
    for person in old:
        yield "note", f"{person.name}'s key is wrapped at an older cost", "signing in renews it"


def _memory(box: Box, swaps: list[str]) -> Findings:
    if not swaps:
        yield "fine", "no swap, or none that is in clear: what is in memory reaches no disk", ""
        return
    for name in ("record", "web"):
        locked = private_memory.locked_kib(_pid(box.run / f"{name}.pid"))
        if locked == 0:
            yield (
                "note",
                f"the memory of kirok-{name} may be written to {swaps[0]} in clear",
                "LimitMEMLOCK=infinity in its unit; or encrypted swap, or zram, or none",
            )


def _pid(path: Path) -> int:
    """Return the process id in a file; 0, which no process has, where there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
