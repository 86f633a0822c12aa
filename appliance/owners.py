"""Whose each part of a data folder is, where the three services run as users of their own.

    DATA/           root           kirok-record   1771   the recorder makes files here, and can take
                                                         away or rename none but its own
    site.toml       root           kirok          0640   the installer's
    page/           kirok-web      kirok          0700   people, documents, the table of acts
    watch/          kirok-watch    kirok          0750
    run/            kirok-record   kirok          0750   the socket: for the group
    run/web.pid     kirok-web      kirok          0640   as they can make none there
    run/watch.pid   kirok-watch    kirok          0640
    keys/ secrets/  kirok-record   kirok          0700
    all else        kirok-record   kirok          0750, files 0640: the page reads, and writes none

Each service has the group kirok as its own. So who breaks into the page holds what the page holds:
the registry, sealed, and the sealed vault; no key, no secret, and no way to write a recording, the
index or the ledger. Nor can the recorder write the registry.

A folder that one user made for itself, as `kirok demo` does, stays that user's.
"""

import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance import box
from appliance.control import METHODS

RECORD, WEB, WATCHER, GROUP = "kirok-record", "kirok-web", "kirok-watch", "kirok"
_PID_FILES: Final = ("run/web.pid", "run/watch.pid")
_PRIVATE: Final = frozenset({"keys", "secrets", box.PAGE})


class NoUsers(Exception):
    """The services have no users of their own here, or only root could give to them."""


@dataclass(frozen=True)
class Users:
    """Attributes: makers, the group that may make files in the folder itself."""

    record: int
    web: int
    watch: int
    group: int
    makers: int


@dataclass(frozen=True)
class Owner:
    uid: int
    gid: int
    mode: int


def of_this_machine() -> Users | None:
    """Return the services' users, None where they are not there."""
    try:
        record, web, watch = (pwd.getpwnam(name).pw_uid for name in (RECORD, WEB, WATCHER))
        return Users(record, web, watch, grp.getgrnam(GROUP).gr_gid, grp.getgrnam(RECORD).gr_gid)
    except KeyError:
        return None


def owner_of(name: str, users: Users, *, folder: bool) -> Owner:
    """Return whose a part of a data folder is.

    Args:
        name: within it, "page/registry.json"; "." the folder itself.
    """
    if name == ".":
        return Owner(0, users.makers, 0o1771)
    first = name.split("/", maxsplit=1)[0]
    private = first in _PRIVATE or name.endswith(".key")
    mode = (0o700 if private else 0o750) if folder else (0o600 if private else 0o640)
    uid = {box.PAGE: users.web, box.WATCH: users.watch, "site.toml": 0}.get(first, users.record)
    if name in _PID_FILES:
        uid = users.web if name == _PID_FILES[0] else users.watch
    return Owner(uid, users.group, mode)


def give(data: Path, users: Users) -> None:
    """Give each part of a folder to whose it is; only root may.

    Raises:
        OSError: what was given until then is given; once more gives the rest.
    """
    for name in (box.PAGE, box.WATCH):
        (data / name).mkdir(exist_ok=True)
    for name in _PID_FILES:
        with suppress(FileExistsError):  # a link too: root must not write where it points
            os.close(os.open(data / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
    for name, part in _parts(data):
        with suppress(FileNotFoundError):  # a service has taken it away meanwhile
            _give(part, owner_of(name, users, folder=part.is_folder))


def strangers(data: Path, users: Users) -> Iterator[Path]:
    """Yield what is somebody else's than it should be."""
    for name, part in _parts(data):
        want = owner_of(name, users, folder=part.is_folder)
        with suppress(FileNotFoundError):
            found = os.stat(part.name, dir_fd=part.within_fd, follow_symlinks=False)
            if (found.st_uid, found.st_gid) != (want.uid, want.gid):
                yield data / name


@dataclass(frozen=True)
class _Part:
    """A file or folder, by its name in an open folder: no link on the way there is followed."""

    within_fd: int
    name: str
    is_folder: bool


def _parts(data: Path, prefix: str = "") -> Iterator[tuple[str, _Part]]:
    """Yield each file and folder, with its name in the whole.

    Links are left alone, for a service may have put one where another's file is looked for; but
    one of root's own in the folder itself is the installer's, who has put the vault on a disk. That
    none is a second name of another's file is the kernel's to see to (fs.protected_hardlinks).
    """
    for top, folders, files, fd in os.fwalk(data):
        within = prefix / Path(top).relative_to(data)
        if top == str(data):
            yield str(within), _Part(fd, ".", True)
        for name in (*files, *folders):
            path, found = str(within / name), os.stat(name, dir_fd=fd, follow_symlinks=False)
            if not stat.S_ISLNK(found.st_mode):
                yield path, _Part(fd, name, stat.S_ISDIR(found.st_mode))
            elif within == Path(".") and found.st_uid == 0 and name in folders:
                yield from _parts((data / name).resolve(), name)


def is_shared(data: Path) -> bool:
    """Say whether a folder is of three users, and not of one."""
    return len({_uid(path) for path in (data / box.PAGE, data / "vault")} - {None}) > 1


@contextmanager
def as_recorder(data: Path) -> Iterator[None]:
    """Let root be the recorder inside: what it makes there the recorder must open again."""
    keys = data / "keys"
    owner = keys.lstat() if keys.exists() else None
    if os.geteuid() != 0 or owner is None or owner.st_uid == 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([data.stat().st_gid])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def reach(data: Path) -> Callable[[int], frozenset[str]]:
    """Return what each user may ask of the recorder: whose page/ it is all, whose watch/ how it is.

    In a folder that one user made for itself, both are that user.
    """

    def methods(uid: int) -> frozenset[str]:
        if uid in (0, os.geteuid(), _uid(data / box.PAGE)):
            return METHODS
        return frozenset({"status"} if uid == _uid(data / box.WATCH) else ())

    return methods


def _uid(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None


def _give(part: _Part, owner: Owner) -> None:
    kind = os.stat(part.name, dir_fd=part.within_fd, follow_symlinks=False).st_mode
    os.chown(part.name, owner.uid, owner.gid, dir_fd=part.within_fd, follow_symlinks=False)
    if stat.S_ISSOCK(kind):
        return  # the recorder makes it anew at each start
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    fd = os.open(part.name, flags, dir_fd=part.within_fd)
    try:
        os.fchmod(fd, owner.mode)
    finally:
        os.close(fd)
