"""The data folder: how it begins, and how it is opened.

It is made whole under another name and then renamed, so that a folder with a box.toml has
everything. A path without one is refused by everything but `create`: a wrong path must not begin
an empty store.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import alarm_file, box_file, durable, keys, notice_file, policy, site, spares
from appliance.box_file import BoxBroken
from appliance.clock_anchor import anchored, keep_anchor
from appliance.clock_watch import judge, vouching
from appliance.index import CallIndex
from appliance.index_row import iso
from appliance.ledger import Ledger
from appliance.policy import Policy
from appliance.registry import Registry
from appliance.registry_storage import read_tables
from appliance.site import Line
from appliance.spares import Spared
from appliance.ulid import Ulids
from firmware_bridge.host_clock import clock_quality, look

POLICY = "policy.toml"
PAGE = "page"
WATCH = "watch"
REGISTRY = "registry.json"
ACCESS = "access.db"
#: Whose sums are in box.toml.
SUMMED = (POLICY, "keys/vault.recovery.age")
#: What the first administrator is: who looks after the system (녹취시스템 관리자, 管理取扱者).
FIRST_ROLE = "operator"


class BoxExists(FileExistsError):
    """There is something in the folder already."""


class BoxMissing(FileNotFoundError):
    """The folder is not a data folder."""


@dataclass(frozen=True)
class Box:
    """A data folder that is there.

    Attributes:
        trial: for `replay` and for trying out; never a city's real calls.
        recipients: the vault's and the recovery sheet's, "age1...".
        public_key: the box's Ed25519 key in base 64.
        sums: SHA-256, in hex, of the files that never change.
    """

    data: Path
    id: str
    trial: bool
    policy: Policy
    recipients: tuple[str, str]
    public_key: str
    sums: Mapping[str, str]

    @property
    def site_file(self) -> Path:
        return self.data / "site.toml"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def signing_key(self) -> Path:
        """The systemd credential "box.key" where the service has one, else keys/box.key.

        `systemd-creds encrypt --name=box.key DATA/keys/box.key /etc/credstore.encrypted/box.key`,
        on a box with a TPM also `--with-key=host+tpm2`; `LoadCredentialEncrypted=box.key` in the
        unit; then DATA/keys/box.key may go, once a copy is in the safe.
        """
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        given = Path(credentials) / "box.key" if credentials else None
        return given if given and given.exists() else self.keys / "box.key"

    @property
    def sealed_identity(self) -> Path:
        """The vault identity's secret for the recovery sheet alone; see `keys.seal_identity`."""
        return self.data / SUMMED[1]

    @property
    def page(self) -> Path:
        """What the page alone writes."""
        return self.data / PAGE

    @property
    def registry(self) -> Path:
        return self.page / REGISTRY

    @property
    def vault(self) -> Path:
        return self.data / "vault"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def access(self) -> Path:
        """Who did what, to be searched; made from the ledger by the page."""
        return self.page / ACCESS

    @property
    def index(self) -> Path:
        return self.data / "calls.db"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger"

    @property
    def alarms(self) -> Path:
        return self.data / "alarms.json"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def socket(self) -> Path:
        return self.run / "record.sock"


@dataclass(frozen=True)
class Admin:
    """The first administrator."""

    name: str
    passphrase: str = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """What a new folder is to be.

    Attributes:
        profile: a policy's TOML.
        admin: None: the page asks for the one-time code instead.
        site_text: site.toml; None for one with eight lines, to be edited.
    """

    profile: str
    admin: Admin | None = None
    trial: bool = False
    site_text: str | None = None


@dataclass(frozen=True)
class Created:
    """What is shown once and not kept.

    Attributes:
        recovery: the recovery identity, for the sheet in the safe.
        setup_code: asked for by the page when no administrator was named; else None.
    """

    recovery: str = field(repr=False)
    setup_code: str | None = field(repr=False)


def create(
    data: Path,
    plan: Plan,
    now: datetime,
    show: Callable[[Box, Created], None] = lambda opened, created: None,
) -> Created:
    """Begin a data folder.

    Args:
        show: shows what is shown once, before the folder is there: a cut in between leaves a sheet
            that opens nothing, instead of a folder whose sheet nobody has.

    Raises:
        BoxExists: the folder has something in it; it is untouched.
        PolicyError: the profile cannot be used.
    """
    policy.parse(plan.profile)
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise BoxExists(f"{data} has something in it: give a new folder, or an empty one")
    data.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(data)
    shutil.rmtree(part, ignore_errors=True)  # what an earlier cut left
    part.mkdir(mode=0o750)
    try:
        created = _fill(part, plan, now)
        _sync_tree(part)
        show(replace(open_box(part), data=data), created)
        # Power goes now: the part folder, which the next time removes.
        os.rename(part, data)
        _sync(data.parent)
    except BaseException:
        # Nobody has seen the recovery sheet of a folder that is there already: it goes too.
        shutil.rmtree(part if part.exists() else data, ignore_errors=True)
        raise
    return created


def part_of(data: Path) -> Path:
    """Return where a folder is while it is being made."""
    return data.with_name(f".{data.name}.part")


def open_box(data: Path) -> Box:
    """Open a data folder; where a file of it is not sound, its spare is read.

    Raises:
        BoxMissing, BoxBroken, PolicyError: see there.
    """
    box_toml = _box_toml(data)
    _move_to_page(data)
    try:
        raw = box_file.unpack(spares.believed(box_toml).read_text())
        opened = Box(
            data=data,
            id=str(raw["id"]),
            trial=bool(raw["trial"]),
            policy=policy.parse(spares.believed(_summed(data, POLICY, raw["sums"])).read_text()),
            recipients=(str(raw["vault"]), str(raw["recovery"])),
            public_key=str(raw["public_key"]),
            sums=raw["sums"],
        )
    except FileNotFoundError:
        raise BoxMissing(
            f"{data} is not a data folder of Kirok's; `kirok init --data {data}` makes one"
        ) from None
    except KeyError as error:
        raise BoxBroken(f"{box_toml.path} lacks {error.args[0]!r}") from None
    except (BoxBroken, UnicodeDecodeError) as error:
        raise BoxBroken(f"{box_toml.path}: {error}; put back a copy of the folder") from None
    return opened


def _move_to_page(data: Path) -> None:
    """Move what a folder that was made before 2026-11-28 has beside, into page/."""
    names = (REGISTRY, "registry.spare.json", "registry.lock")
    if not any((data / name).exists() for name in names):
        return
    durable.make_directory(data / PAGE)
    # The table can be made again; what belongs to the registry goes last, to be looked for again.
    for old in (*data.glob(f"{ACCESS}*"), *(data / name for name in reversed(names))):
        if old.exists():
            os.rename(old, data / PAGE / old.name)
    _sync(data / PAGE)
    _sync(data)


def fixed_files(opened: Box) -> tuple[Spared, ...]:
    """Return the files that never change after `init`, and are there twice."""
    data, sums = opened.data, opened.sums
    files = [_box_toml(data), *(_summed(data, name, sums) for name in SUMMED)]
    key = _spared(data, "keys/box.key", lambda path: _check_key(path, opened.public_key))
    # A credential has no copy in the folder, whoever is asking: key_check says where it is.
    if opened.signing_key.parent == opened.keys and (key.path.exists() or key.spare.exists()):
        files.append(key)
    return tuple(files)


def signing_key(opened: Box) -> Ed25519PrivateKey:
    """Return the box's signing key, from its spare if need be.

    Raises:
        BoxBroken, OSError: neither can be used.
    """
    twice = [one.path for one in fixed_files(opened) if one.path == opened.signing_key]
    path = spares.believed(fixed_files(opened)[-1]) if twice else opened.signing_key
    return keys.load_signing_key(path)


def _box_toml(data: Path) -> Spared:
    return _spared(data, box_file.NAME, lambda path: box_file.unpack(path.read_text()))


def _summed(data: Path, name: str, sums: Mapping[str, str]) -> Spared:
    def judge(path: Path) -> None:
        if sha256(path.read_bytes()).hexdigest() != sums[name]:
            raise BoxBroken(f"{path} is not the {Path(name).name} that the folder was made with")

    return _spared(data, name, judge)


def _spared(data: Path, name: str, judge: Callable[[Path], object]) -> Spared:
    path = data / name
    return Spared(name, path, data / spares.FOLDER / path.name, True, judge)


def _check_key(path: Path, public_key: str) -> None:
    try:
        found = keys.public_key_text(keys.load_signing_key(path).public_key())
    except ValueError as error:
        raise BoxBroken(f"{path}: {error}") from None
    if found != public_key:
        raise BoxBroken(f"{path} is not this box's key")


def default_site(lines: Sequence[Line] = (), port: str = "/dev/kirok-board") -> str:
    """Return a site.toml to edit: these lines, or eight that are recorded in full."""
    lines = lines or [Line(n, f"line {n}") for n in range(1, 9)]
    text = site.TEMPLATE.format(port=port, web_port=8077)
    return text + "\n" + "\n".join(site.line_table(line) for line in lines)


def _fill(part: Path, plan: Plan, now: datetime) -> Created:
    admin = plan.admin
    for folder in ("vault", "run", WATCH, spares.FOLDER):
        (part / folder).mkdir(mode=0o750)
    for folder in ("keys", "secrets", PAGE):
        (part / folder).mkdir(mode=0o700)
    signing = keys.create_signing_key(part / "keys" / "box.key")
    vault, recovery = keys.new_age_pair(), keys.new_age_pair()
    sealed = keys.seal_identity(vault.identity, recovery.recipient)
    (part / SUMMED[1]).write_bytes(sealed)
    code = None if admin else keys.new_setup_code()
    first = keys.wrap_secret(vault.identity.encode(), admin.passphrase if admin else str(code))
    Registry.create(part / PAGE / REGISTRY, first if code else {})
    if admin:
        registry = Registry(part / PAGE / REGISTRY)
        registry.add_first(admin.name, FIRST_ROLE, first, str(iso(now)))
        registry.close()
    CallIndex.open(part / "calls.db").close()
    alarm_file.write(part / "alarms.json", [])
    (part / POLICY).write_text(plan.profile)
    _anchor_clock(part, plan.trial)
    (part / "site.toml").write_text(plan.site_text or default_site())
    notice = notice_file.shipped(policy.parse(plan.profile).language)
    if notice is not None:
        (part / "notice.wav").write_bytes(notice)
    facts = {
        "id": Ulids().new(round(now.timestamp() * 1000)),
        "trial": plan.trial,
        "vault": vault.recipient,
        "recovery": recovery.recipient,
        "public_key": keys.public_key_text(signing.public_key()),
        "sums": {name: sha256((part / name).read_bytes()).hexdigest() for name in SUMMED},
    }
    (part / box_file.NAME).write_text(box_file.pack(facts))
    opened = open_box(part)
    sums = spares.copy([*fixed_files(opened), *site.own_files(site.load(opened.site_file))])
    Ledger.create(opened.ledger)
    ledger = Ledger(opened.ledger, signing, opened.id, lambda: (now, clock_quality()))
    ledger.append("init", policy=opened.policy.id, trial=plan.trial, files=sums)
    ledger.close()
    return Created(recovery.identity, code)


def _anchor_clock(part: Path, trial: bool) -> None:
    """Keep what the clock says now, if it can be believed: later times are judged by it."""
    now = look()
    if judge(now, None, trial=trial).trusted:
        keep_anchor(part, anchored(now, vouching(now) or "trial"))


def _sync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def waits_for_setup(opened: Box) -> bool:
    """Say whether the page still asks for the one-time code."""
    return bool(read_tables(opened.registry).get("setup"))
