"""What the doctor says of how the box was set up: findings as (level, what, remedy).

The machine's side of what site.toml and the rule ask for: who may read the folder, who has an
account, the front panel, the page, the papers' fonts, the services' units.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from appliance import owners, page_asked, paper
from appliance.box import Box
from appliance.owners import Users
from appliance.registry import read_people
from appliance.registry_storage import RegistryBroken, RegistryMissing
from appliance.site import Site, Web
from appliance.watch.state import is_running

Findings = Iterator[tuple[str, str, str]]

#: The recorder of 32 lines takes up to 150 MB, the page and the system as much again.
LEAST_MEMORY_BYTES: Final = 400_000_000
UNITS: Final = ("kirok-record.service", "kirok-web.service", "kirok-watch.service")
#: Where units lie: the administrator's, and the package's.
UNIT_FOLDERS: Final = (
    Path("/etc/systemd/system"),
    Path("/usr/lib/systemd/system"),
    Path("/lib/systemd/system"),
)
_DIALLED: Final = 1.0
#: Nobody waits longer for a page. Bench value.
_ASKED_S: Final = 5.0
_SHOWN: Final = 5


def machine(fonts: Path = paper.FONTS, memory_bytes: int | None = None) -> Findings:
    """Look at what the machine has, whatever it is to record."""
    total = memory_bytes or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = f"{total / 1e6:.0f} MB of memory"
    if total < LEAST_MEMORY_BYTES:
        yield "note", text, f"recorder and page want {LEAST_MEMORY_BYTES / 1e6:.0f} MB"
    else:
        yield "fine", text, ""
    if any(fonts.glob("NotoSerifCJK*")):
        yield "fine", "the papers' fonts are there: forms can be printed", ""
    else:
        yield "wrong", f"no Noto Serif CJK in {fonts}: no form prints", "apt install fonts-noto-cjk"


def folder(box: Box) -> Findings:
    """Look at who may read and write the data folder."""
    found = False
    for path in (box.data, box.keys, box.vault, box.secrets, box.ledger, box.registry):
        mode = path.stat().st_mode if path.exists() else 0
        # Where the services are users of their own, they pass through the folder itself.
        if mode & (0o006 if path == box.data and mode & stat.S_ISVTX else 0o007):
            found = True
            yield "wrong", f"{path} is open to everybody on the machine", f"chmod o-rwx {path}"
    if not os.access(box.data, os.W_OK):
        found = True
        yield "wrong", f"{box.data} cannot be written", "mount it rw; chown it to the recorder"
    if not found:
        yield "fine", "the folder is closed to others, and can be written", ""


def users(box: Box, known: Users | None) -> Findings:
    """Look at whether each service has what is its own, and nothing more.

    Args:
        known: the services' users on this machine.
    """
    remedy = f"kirok own --data {box.data}"
    if not owners.is_shared(box.data):
        if known and not box.trial:
            yield "note", f"{box.data} is one user's: the page could write recordings", remedy
    elif known is None:
        yield "wrong", "the services' users are not on this machine", "systemd-sysusers kirok.conf"
    elif strange := list(islice(owners.strangers(box.data, known), _SHOWN + 1)):
        more = ", ..." if len(strange) > _SHOWN else ""
        names = ", ".join(str(path) for path in strange[:_SHOWN])
        yield "wrong", f"not of the service whose it is: {names}{more}", remedy
    else:
        yield "fine", "each service has what is its own, and no more", ""


def roles(box: Box) -> Findings:
    """Look for somebody in each role that the rule asks for."""
    try:
        people = read_people(box.registry)
    except (RegistryMissing, RegistryBroken):
        return  # said by others
    taken = {role for person in people for role in person.role.split()}
    missing = [role for role in box.policy.profile.role if role.id not in taken]
    for role in missing:
        if not role.optional:
            yield (
                "note",
                f"nobody has the role {role.title} ({role.id}), article {role.clause}",
                f"kirok people add --data {box.data} --role {role.id}",
            )
    if not missing:
        yield "fine", "somebody has each of the rule's roles", ""


def lines(site: Site) -> Findings:
    """Look at which lines are set up."""
    count = len(site.lines)
    if count:
        yield "fine", f"lines set up: {count}", ""
        return
    text = "no line is set up: each is recorded in full, under its number alone"
    yield "note", text, "name the lines under [[line]] in site.toml"


def panel(site: Site, chips: Path = Path("/dev")) -> Findings:
    """Look at what the lamp and the button of the front are wired to."""
    pins = (site.panel.lamp_pin, site.panel.button_pin)
    if pins == (None, None):
        yield "fine", "no lamp and no button are set up", ""
        return
    found = sorted(chips.glob("gpiochip*"))
    if not found:
        text = f"lamp or button on pin {next(p for p in pins if p is not None)}, and no GPIO here"
        yield "wrong", text, "take [panel] out of site.toml, or run on a Pi"
    elif not any(os.access(one, os.R_OK | os.W_OK) for one in found):
        yield "wrong", f"{found[0]} may not be opened", "adduser the service to group gpio"
    else:
        yield "fine", f"lamp and button through {found[0]}", ""


def page(box: Box, web: Web) -> Findings:
    """Look at whether the page answers, and whether it can be listened in on."""
    if web.in_clear:
        text = f"the page is on {web.host} without TLS: passphrases go over the wire in clear"
        yield "wrong", text, "put nginx before it, [web] host = 127.0.0.1 and tls = true"
    runs = _alive(box.run / "web.pid")
    where = f"{web.host} port {web.port}"
    if runs and page_asked.answers(web, _ASKED_S):
        yield "fine", f"the page answers on {where}", ""
    elif runs:
        yield (
            "wrong",
            f"the page runs and does not answer on {where}",
            "systemctl restart kirok-web",
        )
    elif _taken(web):
        text = f"another program answers on {where}"
        yield "wrong", text, "end it, or choose another port under [web] in site.toml"
    else:
        yield "note", "the page is not running", "systemctl start kirok-web"


def units(folders: tuple[Path, ...] = UNIT_FOLDERS) -> Findings:
    """Look for the services' units: what starts the box by itself after a power cut."""
    lacking = [unit for unit in UNITS if not any((f / unit).exists() for f in folders)]
    if lacking:
        text = f"not installed: {', '.join(lacking)}; nothing starts by itself after a power cut"
        yield (
            "note",
            text,
            "as root: make install, then systemctl enable --now kirok-record kirok-web kirok-watch",
        )
    else:
        yield "fine", f"installed: {', '.join(UNITS)}", ""


def _alive(pid_file: Path) -> bool:
    try:
        return is_running(int(pid_file.read_text()))
    except (OSError, ValueError):
        return False


def _taken(web: Web) -> bool:
    with suppress(OSError):
        socket.create_connection((web.host, web.port), timeout=_DIALLED).close()
        return True
    return False
