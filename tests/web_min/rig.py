"""The page with a recorder, a clock and an argon2id that tests play."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from zoneinfo import ZoneInfo

import numpy as np
from jinja2 import BytecodeCache

from appliance import address, decoding
from appliance.access_log import AccessLog
from appliance.api import Alarm, BoxStatus, Hearing, LineStatus, NoSuchCall, RecorderAway, Refused
from appliance.call_list import CallList
from appliance.call_machine import Mode
from appliance.hold import Hold
from appliance.index import CallIndex
from appliance.index_row import CallRow, iso
from appliance.keyring import vault_secret
from appliance.keys import WrongPassphrase, tidy_passphrase, tidy_setup_code
from appliance.ledger_walk import pack_line
from appliance.office.cabinet import Cabinet
from appliance.office.documents import Applicant, Request
from appliance.people import Wrapping
from appliance.playback import CannotOpen, Recording
from appliance.policy import profile_text
from appliance.profile_reader import parse
from appliance.registry import Registry
from appliance.site import Line
from appliance.vault.segment import Codec
from dsp.opus import Encoder, encode
from web_min import create_app
from web_min.parts import Parts, Site

LINES = (
    *(Line(n, "민원실", "민원봉사과", f"031-8036-71{n:02}") for n in range(1, 9)),
    Line(9, "세정과", "세정과", "031-8036-7109", Mode.SELECTIVE),
    Line(10, "민원상담", "민원봉사과", "031-8036-7110", Mode.SELECTIVE),
)
CODE = "7K3M-Q0ZD-92XB"
NAME = "김하나"
PASSPHRASE = "파란 하늘 아래 전화"
SECRET = b"AGE-SECRET-KEY-1TEST"
AGE_FILE = b"age-encryption.org/v1 of "
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 10:30 in Seoul


def wrap(secret, passphrase):
    return {"of": sha256(tidy_passphrase(passphrase)).hexdigest(), "secret": secret.hex()}


def unwrap(wrapped, passphrase):
    if wrapped["of"] != sha256(tidy_passphrase(passphrase)).hexdigest():
        raise WrongPassphrase
    return bytes.fromhex(wrapped["secret"])


class Compiled(BytecodeCache):
    """Templates that any page of this process has compiled."""

    def __init__(self):
        self.code = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket):
        self.code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@cache
def profile_of(policy):
    return parse(profile_text(policy))


class Clock:
    def __init__(self):
        self.passed_s = 0.0

    def now(self):
        return NOW + timedelta(seconds=self.passed_s)

    def monotonic(self):
        return 1000.0 + self.passed_s


class FakeRecorder:
    """Plays the recorder. The outside world: `away`, `box`, `keys`; `done` is what it was asked."""

    def __init__(self, index=None):
        self.index = index
        self.away = False
        self.box = BoxStatus(
            now=iso(NOW),
            started="2026-11-20T00:00:00.000Z",
            board="streaming",
            lamp="idle",
            button_line=None,
            clock="ntp",
        )
        self.keys = {}
        self.heard = {}
        self.done = []
        self.refuses_clock = ""

        self.noted_from = []
        self.asked_from = []
        self.modes = []
        self.exempted = []
        self.asked = 0

    def status(self):
        self.asked += 1
        return self._here(self.box)

    def confirm_clock(self, person):
        self._here(None)
        self.done.append(("confirm_clock", person))
        return self.refuses_clock

    def exempt_notice(self, call_id, clause, person):
        self._here(None)
        self.exempted.append((call_id, clause, person))

    def set_mode(self, line, mode, person, document):
        self._here(None)
        self.modes.append((line, mode, person, document))

    def press_button(self):
        self._here(None)
        self.done.append(("press_button",))

    def open_key(self, call_id, person, act, purpose, note=""):
        self._here(None)
        if call_id not in self.keys:
            raise NoSuchCall(call_id)
        self.done.append(("open_key", call_id, person, act, purpose, *([note] if note else [])))
        self.asked_from.append(address.here())
        self.heard.setdefault(call_id, []).append(Hearing(iso(NOW), person, act, purpose, note))
        return self.keys[call_id]

    def opened(self, call_id, whole):
        self._here(None)
        self.done.append(("opened", call_id, whole))

    def hearings(self, call_id):
        return self._here(self.heard.get(call_id, []))

    def note(self, act, person, **facts):
        self._here(None)
        self.done.append(("note", act, person, facts))
        self.noted_from.append(address.here())

    def hold(self, call_id, person, reason, until):
        self._here(None)
        if until <= "2026-11-23":
            raise Refused("over")
        self.done.append(("hold", call_id, person, reason, until))
        self.asked_from.append(address.here())
        self.index.set_hold(call_id, Hold(person, reason, until, "2026-11-23", "8①但書").to_text())

    def release(self, call_id, person, reason):
        self._here(None)
        self.done.append(("release", call_id, person, reason))
        self.index.set_hold(call_id, None)

    def acknowledge(self, what, where, person):
        self._here(None)
        self.done.append(("acknowledge", what, where, person))

    def self_test(self, person):
        self._here(None)
        self.done.append(("self_test", person))

    def sweep(self, now=None):
        self._here(None)
        self.done.append(("sweep", now))

    def notes(self, act=None):
        """Return what was entered in the ledger: (act, person, facts)."""
        found = [entry[1:] for entry in self.done if entry[0] == "note"]
        return [note for note in found if act in (None, note[0])]

    def _here(self, answer):
        if self.away:
            raise RecorderAway("away")
        return answer


def ulid(number, at=NOW):
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    value = int(at.timestamp() * 1000) << 80 | number
    return "".join(letters[value >> shift & 31] for shift in range(125, -1, -5))


def call(n=1, minutes_ago=30, **changes):
    """Return an incoming call of line 3, recorded and proved, unless told otherwise."""
    start = NOW - timedelta(minutes=minutes_ago)
    row = CallRow(
        id=ulid(n, start),
        line=3,
        line_name="민원실",
        department="민원봉사과",
        policy="kr-osan",
        direction="in",
        number="0313701234",
        number_source="caller_id",
        start=start,
        answer=start + timedelta(seconds=8.2),
        end=start + timedelta(seconds=28.2),
        clock="ntp",
        rings=3,
        mode="full",
        why="full",
        ended_by="on_hook",
        audio_samples=20 * 8000,
        stretches=[{"at_s": 8.2, "audio_s": 0.0, "until_s": 28.2}],
        events=[
            {"at_s": 0.0, "kind": "ring_start"},
            {"at_s": 8.2, "kind": "answer"},
            {"at_s": 14.0, "kind": "digit", "digit": "1"},
            {"at_s": 14.4, "kind": "digit", "digit": "5"},
            {"at_s": 28.2, "kind": "on_hook"},
        ],
        gaps=[],
        notice="announcement",
        proof="verified",
        due=start + timedelta(days=91),
        day="2026-11-23",
        reel="2026-11-23/000.reel",
        last_offset=4096,
    )
    return replace(row, **changes)


def missed(n=2, minutes_ago=20, **changes):
    """Return a call that nobody answered."""
    start = NOW - timedelta(minutes=minutes_ago)
    row = call(
        n,
        minutes_ago,
        answer=None,
        end=start + timedelta(seconds=14),
        why="missed",
        ended_by="missed",
        audio_samples=0,
        stretches=[],
        events=[{"at_s": 0.0, "kind": "ring_start"}],
        proof="none",
        notice=None,
        due=None,
    )
    return replace(row, **changes)


def line(n=3, state="idle", **changes):
    status = LineStatus(
        line=n,
        name="민원실",
        department="민원봉사과",
        mode="full",
        state=state,
        recording=False,
        since=iso(NOW - timedelta(seconds=75)),
        level_dbm0=-62.0,
        volts=48.1,
        call_id=None,
        number=None,
    )
    return replace(status, **changes)


@cache
def speechlike(seconds=20.0, seed=7):
    """Return int16[n] of noise in syllables, 4 a second, with pauses."""
    n = int(seconds * 8000)
    t = np.arange(n) / 8000
    noise = np.random.default_rng(seed).normal(0, 1, n)
    envelope = np.clip(np.sin(2 * np.pi * 4 * t), 0, 1) * (np.sin(2 * np.pi * t / 5) > -0.3)
    tone = np.sin(2 * np.pi * 220 * t) + 0.4 * noise
    return (6000 * envelope * tone).clip(-32768, 32767).astype(np.int16)


@cache
def packets(sound):
    with Encoder(complexity=0) as encoder:
        return encode(np.frombuffer(sound, np.int16), encoder)


def recording(call_id, audio):
    kept = decoding.packets(Codec.OPUS, packets(audio.tobytes()))
    return Recording(call_id, kept, len(audio))


class Rig:
    """The page and all around it. `set_up=True` has the first administrator in the registry."""

    def __init__(self, folder, set_up=True, policy="osan", **site):
        self.profile = profile_of(policy)
        self.clock = Clock()
        self.index = CallIndex.open(folder / "calls.db")
        self.calls = CallList(folder / "calls.db")
        self.recorder = FakeRecorder(self.index)
        self.entries = folder / "entries.log"
        self.entries.touch()
        self.entered = 0
        self.access = AccessLog(folder / "access.db", self.entries)
        self.path = folder / "registry.json"
        Registry.create(self.path, wrap(SECRET, tidy_setup_code(CODE)))
        self.registry = Registry(self.path)
        if set_up:
            self.registry.add_first(NAME, "operator", wrap(SECRET, PASSPHRASE), iso(NOW))
        self.behind = []  # work that the page has begun and nobody waits for
        self.recordings = {}
        self.left = {}  # of damaged recordings
        self.opened = []
        self.site = Site(
            **{
                "city": "오산시",
                "language": "ko",
                "zone": ZoneInfo("Asia/Seoul"),
                "second_factor": False,
                **site,
            }
        )
        self.start()

    def start(self):
        """Start the page, as after a restart."""
        self.parts = Parts(
            site=self.site,
            profile=self.profile,
            lines=LINES,
            recorder=self.recorder,
            calls=self.calls,
            access=self.access,
            registry=self.registry,
            open_audio=self.open_audio,
            open_what_is_left=self.open_what_is_left,
            make_package=self.make_package,
            certify_erasure=self.certify_erasure,
            wrapping=Wrapping(wrap, unwrap, lambda wrapped: True),
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            behind=self.behind.append,
        )
        self.app = create_app(self.parts)
        self.app.testing = False
        self.app.jinja_env.bytecode_cache = COMPILED
        self.client = self.app.test_client()

    def restart(self):
        """Stop the page and start it again, on the same disk."""
        self.registry.close()
        self.registry = Registry(self.path)
        self.start()

    def close(self):
        self.registry.close()
        self.index.close()
        self.access.close()

    def break_index(self):
        """Leave no index that can be read, for all that is asked from now on."""
        path = self.path.with_name("calls.db")
        for part in path.parent.glob("calls.db*"):
            part.rename(part.with_name(f"sound-{part.name}"))
        path.write_bytes(b"no index " * 900)

    def add(self, row, audio=None, *, permit=True):
        """Put a call in the index, and its recording where a request lets the page open it."""
        self.index.put(row)
        if audio is not None and permit:
            self.permit(row)
        if audio is not None:
            self.recordings[row.id] = recording(row.id, audio)
            self.recorder.keys[row.id] = AGE_FILE + row.id.encode()
        return row

    def enter(self, act, at, **facts):
        """Put an entry in the ledger's file, as the recorder does."""
        entry = {"act": act, "clock": "ntp", "facts": facts, "index": self.entered, "prev": ""}
        with open(self.entries, "ab") as file:
            file.write(pack_line({**entry, "time": iso(at)}))
        self.entered += 1

    def permit(self, row, **changes):
        """Put a request in the cabinet that opens a call: approved, and signed for."""
        cabinet = Cabinet(self.registry)
        plain = Request(
            id=cabinet.new_id(Request),
            kind="provide",
            ground="user",
            purpose="dispute",
            reason="확인",
            applicant=Applicant("박하늘", "세정과"),
            made_by="p99",
            department="세정과",
            made=iso(NOW),
            calls=(row.id,),
            state="pledged",
        )
        cabinet.put(replace(plain, **changes))

    def open_audio(self, row, secret, age_file):
        assert (secret, age_file) == (SECRET, AGE_FILE + row.id.encode())
        self.opened.append(row.id)
        return self.recordings[row.id]

    def open_what_is_left(self, row, secret, age_file):
        if row.id not in self.left:
            raise CannotOpen(row.id)
        return self.left[row.id]

    def make_package(self, row, holder):
        assert holder.secret == SECRET
        age_file = self.recorder.open_key(row.id, holder.person, "export", holder.taker.purpose)
        assert age_file == AGE_FILE + row.id.encode()
        return b"PK of " + row.id.encode() + holder.taker.package_pass.encode()

    def certify_erasure(self, row, at):
        return b"%PDF of " + row.id.encode()

    def alarm(self, what="line_down", where="line 5"):
        alarms = [*self.recorder.box.alarms, Alarm(what, where, iso(NOW - timedelta(hours=1)))]
        self.show(alarms=alarms)

    def show(self, **changes):
        """Change what the recorder says of the box; a second later the page asks again."""
        self.recorder.box = replace(self.recorder.box, **changes)
        self.clock.passed_s += 1

    # ------------------------------------------------------------ at the browser

    def get(self, address, client=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Accept-Language": "en", **headers}
        return (client or self.client).get(address, headers=headers, buffered=True)

    def token(self, client=None):
        """Return the token of the forms that this browser is shown."""
        client = client or self.client
        cookie = client.get_cookie(self.site.cookie)
        if cookie is None:
            client.get("/sign-in", follow_redirects=True)
            cookie = client.get_cookie(self.site.cookie)
        return self.parts.tokens.make(cookie.value)

    def post(self, address, client=None, headers=None, **form):
        client = client or self.client
        form = {"token": self.token(client), **form}
        return client.post(address, data=form, headers={"Accept-Language": "en", **(headers or {})})

    def person(self, name, role, department="세정과", rank="사무관"):
        """Add somebody, sign them in at a browser of their own, and return it."""
        person = self.registry.add(name, role, wrap(SECRET, PASSPHRASE), iso(NOW))
        self.registry.place(person.id, role, department, rank)
        client = self.app.test_client()
        assert self.sign_in(name, client=client).status_code == 303
        return client

    def opens(self, person_id, passphrase):
        """Return what of the vault's secret a passphrase opens."""
        person = self.registry.person(person_id)
        own = unwrap(person.wrapped, passphrase)
        return vault_secret(person.recipient, person.vault, own)

    def sign_in(self, name=NAME, passphrase=PASSPHRASE, client=None, **form):
        return self.post("/sign-in", client, name=name, passphrase=passphrase, **form)

    def listen(self, row, **form):
        return self.post(f"/calls/{row.id}/listen", **form)
