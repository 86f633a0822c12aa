"""Every route, by every role of both cities and by nobody, with documents in each of their states.

What is expected is said here again, from the profile's rights alone. Each refusal leaves the
registry, the index and every other file as they were, asks nothing of the recorder, and is in the
ledger under who was refused and what they tried.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyotp
import pytest

from appliance.index_row import iso
from appliance.office.documents import (
    Applicant,
    Entry,
    LineFile,
    Medium,
    Request,
    Restriction,
    Review,
)
from tests.web_min.rig import (
    NOW,
    PASSPHRASE,
    SECRET,
    Rig,
    call,
    missed,
    recording,
    speechlike,
    wrap,
)
from web_min.acts import LINE_ACTS, MEDIUM_ACTS, REQUEST_ACTS, RESTRICTION_ACTS
from web_min.guard import OPEN, UNATTENDED

CITIES = ("osan", "goshogawara")
HERE, ELSEWHERE = "민원봉사과", "세정과"  # whose the documents and line 3 are, and another's

#: Whoever has one of these sees every department's documents.
KEEPERS = ("request.approve", "register.write", "copy.make", "log.review")


@dataclass(frozen=True)
class Someone:
    """One of the matrix's rows. Attributes: role: "" for nobody signed in."""

    name: str
    role: str = ""
    id: str = ""
    here: bool = False
    client: object = None


class Matrix(Rig):
    def __init__(self, folder, policy):
        super().__init__(folder, policy=policy)
        self.folder = folder
        self.nobody = Someone("nobody", client=self.app.test_client())
        self.everybody = [self.nobody]
        for role in self.profile.role:
            for department in (HERE, ELSEWHERE) if role.can else ():
                name = f"{role.id} {department}"
                client = self.person(name, role.id, department)
                person = self.registry.person_named(name)
                self.everybody.append(Someone(name, role.id, person.id, department == HERE, client))
        self.calls = {}
        self.sound = speechlike(0.5)

    def may(self, someone, right):
        return bool(someone.role) and self.profile.may([someone.role], right)

    def keeps(self, someone):
        return any(self.may(someone, right) for right in KEEPERS)

    def call_for(self, name, **changes):
        """Return a recorded call of its own for a document."""
        row = call(100 + len(self.calls), **changes)
        self.calls[name] = row
        self.index.put(row)
        self.recordings[row.id] = recording(row.id, self.sound)
        self.recorder.keys[row.id] = b"age-encryption.org/v1 of " + row.id.encode()
        return row

    def victim(self):
        """Return the id of somebody whom people may be tried at."""
        person = self.registry.person_named("victim")
        if person is None:
            person = self.registry.add("victim", "user", wrap(SECRET, "x" * 12), iso(NOW))
        return person.id

    def everything(self):
        """Return every byte on the disk but of what is made from the ledger, and of locks."""
        self.registry.people()
        return {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if not path.name.startswith("access.db") and not path.name.endswith("-shm")
        }

    def send(self, someone, method, path, form):
        client = someone.client
        if method == "GET":
            return self.get(path, client)
        return self.post(path, client, **form)

    def try_it(self, someone, allowed, tried, *asked):
        """Try something; see that it is allowed, or refused as every refusal is to be."""
        method, path, form = *asked, *((),) * (3 - len(asked))
        before = None if allowed else self.everything()
        self.recorder.done.clear()
        switched = len(self.recorder.modes) + len(self.recorder.exempted)
        answer = self.send(someone, method, path, dict(form))
        said = (someone.name, method, path, answer.status_code)
        if allowed:
            assert answer.status_code < 400, said
            assert "/sign-in" not in answer.headers.get("Location", ""), said
            return answer
        if someone.role:
            assert answer.status_code in (400, 403, 404, 409), said
        else:
            away = "/sign-in" in answer.headers.get("Location", "")
            assert answer.status_code == 401 or away, said
        assert self.everything() == before, said
        assert len(self.recorder.modes) + len(self.recorder.exempted) == switched, said
        (entered,) = self.recorder.done or [("nothing in the ledger",)]
        assert entered[:3] == ("note", "refused", someone.id), said
        assert entered[3]["what"] == tried and entered[3]["why"], said
        return answer


@pytest.fixture(params=CITIES)
def matrix(request, tmp_path):
    made = Matrix(tmp_path, request.param)
    yield made
    made.close()


@pytest.fixture
def city(matrix):
    return matrix.profile.city.id.partition("-")[2]


def table(text):
    """Yield act, states, right and whose of each row of a table."""
    for row in text.strip().splitlines():
        act, states, right, whose = row.split()
        yield act, states.split(","), right, whose


# ---------------------------------------------------------------- requests

REQUEST_STATES = {
    "osan": (
        *("requested", "approved", "pledged", "viewed", "provided", "extension_asked"),
        *("reported", "refused", "withdrawn", "lapsed", "closed"),
    ),
    "goshogawara": (
        *("requested", "approved", "viewed", "provided", "returned"),
        *("refused", "withdrawn", "lapsed", "closed"),
    ),
}
REQUEST_TABLE = {
    "osan": """
        approve        requested                    request.approve    any
        refuse         requested                    request.refuse     any
        withdraw       requested,approved,pledged   request.make       theirs
        attach         requested                    call.search        any
        pledge         approved                     pledge.sign        theirs
        provide        pledged                      copy.make          any
        provide_again  provided                     copy.make          any
        report         provided,reported            report.file        theirs
        ask_extension  provided                     report.file        theirs
        grant          extension_asked              extension.approve  any
        deny           extension_asked              extension.approve  any
        accept         reported                     report.accept      any
        close          viewed                       register.write     any
    """,
    "goshogawara": """
        approve        requested                    request.approve    any
        refuse         requested                    request.refuse     any
        withdraw       requested,approved           request.make       theirs
        attach         requested                    call.search        any
        provide        approved                     copy.make          any
        provide_again  provided                     copy.make          any
        close          viewed                       register.write     any
    """,
}
#: Where a recording may be heard.
OPENING = {"osan": ("pledged", "viewed"), "goshogawara": ("approved", "viewed")}
#: The acts that make a copy, which have routes of their own.
MAKE = {"provide": "provide.make", "provide_again": "provide.again"}
GIVEN = {
    "provide_again": {"reason": "저장하지 못함"},
    "refuse": {"reason": "근거 없음"},
    "pledge": {"signed": "1"},
    "report": {"outcome": "evidence_and_archive", "not_destroyed": "in_use"},
    "ask_extension": {"planned_day": "2027-02-01"},
    "deny": {"reason": "필요 없음"},
}


def a_request(matrix, city, state, n):
    row = matrix.call_for(f"r{n}")
    ground = {"osan": ("user", "dispute"), "goshogawara": ("fair", "fair")}[city]
    asked = Entry(iso(NOW), "p99", "ask_extension", "provided", "", {"planned_day": "2027-02-01"})
    return Request(
        id=f"r{n}",
        kind="view" if state == "viewed" else "provide",
        ground=ground[0],
        purpose=ground[1],
        reason="확인",
        applicant=Applicant("박하늘", HERE),
        made_by="p99",
        department=HERE,
        made=iso(NOW),
        calls=(row.id,),
        state=state,
        due="2026-12-20" if state in ("provided", "extension_asked", "reported") else None,
        history=(asked,),
    )


def requests_in_every_state(matrix, city):
    found = [a_request(matrix, city, s, n) for n, s in enumerate(REQUEST_STATES[city], 1)]
    for each in found:
        matrix.parts.cabinet.put(each)
    return found


def test_requests(matrix, city):
    rules = {act: row for act, *row in table(REQUEST_TABLE[city])}
    acts = [*REQUEST_ACTS, "attach", *MAKE]
    assert set(rules) <= set(acts)
    seen = 0
    for found in requests_in_every_state(matrix, city):
        for someone in matrix.everybody:
            sees = matrix.keeps(someone) or someone.here
            page = f"/requests/{found.id}"
            matrix.try_it(someone, sees, "requests.show", "GET", page)
            for act in acts:
                states, right, whose = rules.get(act, ((), "", ""))
                mine = someone.here or whose == "any"
                allowed = sees and found.state in states and matrix.may(someone, right) and mine
                form = {"calls": found.calls[0]} if act == "attach" else GIVEN.get(act, {})
                tried = MAKE.get(act, f"requests.do.{act}")
                matrix.try_it(someone, allowed, tried, "POST", f"{page}/{act}", form)
                if allowed:
                    seen += 1
                    assert matrix.parts.cabinet.get(Request, found.id) != found
                    matrix.parts.cabinet.put(found)
    assert seen > len(rules)


@pytest.mark.parametrize("act", ["approve", "refuse", "grant", "deny", "accept"])
def test_nobody_decides_on_what_they_asked_for_themselves(matrix, city, act):
    rule = {each: row for each, *row in table(REQUEST_TABLE[city])}.get(act)
    if rule is None:
        return  # the city does not know the act
    states, right, _ = rule
    for someone in matrix.everybody:
        if matrix.may(someone, right):
            found = replace(a_request(matrix, city, states[0], 1), made_by=someone.id)
            matrix.parts.cabinet.put(found)
            path, form = f"/requests/r1/{act}", GIVEN.get(act, {})
            matrix.try_it(someone, False, f"requests.do.{act}", "POST", path, form)


def test_a_form_is_printed_for_whom_the_request_concerns(matrix, city):
    """That of the rule's pledge before there was an approval is nobody's."""
    found = a_request(matrix, city, "requested", 1)
    matrix.parts.cabinet.put(found)
    provision, pledge = matrix.profile.provision, matrix.profile.pledge
    for someone in matrix.everybody:
        sees, path = matrix.keeps(someone) or someone.here, "/requests/r1/{}.pdf"
        if not sees:
            matrix.try_it(someone, False, "requests.printed", "GET", path.format(provision.form))
        early = path.format(pledge.form or "osan-3")
        matrix.try_it(someone, False, "requests.printed", "GET", early)
    head = next(each for each in matrix.everybody if each.role == "head")
    matrix.try_it(head, True, "", "GET", path.format(provision.form))


def test_a_copy_is_saved_by_whoever_has_made_it(matrix, city):
    ready = OPENING[city][0]
    found = a_request(matrix, city, ready, 1)
    for someone in matrix.everybody:
        matrix.parts.cabinet.put(found)
        matrix.try_it(someone, False, "provide.save", "GET", "/requests/r1/copy.zip")
        makes = matrix.may(someone, "copy.make")
        if makes:
            matrix.try_it(someone, True, "", "POST", "/requests/r1/provide")
            matrix.try_it(someone, True, "", "GET", "/requests/r1/copy.zip")


# ---------------------------------------------------------------- hearing


def test_hearing(matrix, city):
    heard = 0
    for found in requests_in_every_state(matrix, city):
        call_id = found.calls[0]
        for someone in matrix.everybody:
            knows = matrix.keeps(someone) or matrix.may(someone, "call.search") or someone.here
            page = f"/calls/{call_id}"
            matrix.try_it(someone, knows, "calls.show", "GET", page)
            for file, endpoint in SOUND.items():
                matrix.try_it(someone, False, f"listen.{endpoint}", "GET", f"{page}/{file}")
            opens = found.state in OPENING[city] and matrix.may(someone, "call.listen")
            matrix.try_it(someone, opens, "listen.ask", "POST", f"{page}/listen")
            for file in SOUND if opens else ():
                heard += 1
                matrix.try_it(someone, True, "", "GET", f"{page}/{file}")
    assert heard


SOUND = {"audio.opus": "ogg", "audio.wav": "wav", "waveform.svg": "shape"}


@pytest.mark.parametrize("what", ["missed", "going on", "erased", "of no request"])
def test_what_cannot_be_heard_is_refused_to_everybody(matrix, city, what):
    row = {
        "missed": missed(),
        "going on": call(end=None, last_offset=None),
        "erased": call(erased=call().start),
        "of no request": call(),
    }[what]
    matrix.index.put(row)
    matrix.recorder.keys[row.id] = b"x"
    asked = replace(a_request(matrix, city, OPENING[city][0], 1), calls=(row.id,))
    if what != "of no request":
        matrix.parts.cabinet.put(asked)
    for someone in matrix.everybody:
        matrix.try_it(someone, False, "listen.ask", "POST", f"/calls/{row.id}/listen")


def test_the_certificate_of_an_erasure_is_for_who_may_know_of_the_call(matrix, city):
    for row, gone in ((call(1, erased=call().start), True), (call(2), False)):
        matrix.index.put(row)
        for someone in matrix.everybody:
            knows = matrix.keeps(someone) or matrix.may(someone, "call.search") or someone.here
            path = f"/calls/{row.id}/erasure.pdf"
            matrix.try_it(someone, knows and gone, "calls.erasure", "GET", path)


def test_who_only_asks_hears_under_their_own_departments_requests(matrix, city):
    """A made-up city lets those who ask look for calls, and listen themselves."""
    asking = {role.id for role in matrix.profile.role if role.id in ("unit_head", "audit")}
    roles = tuple(
        replace(role, can=(*role.can, "call.listen", "call.search")) if role.id in asking else role
        for role in matrix.profile.role
    )
    matrix.profile = replace(matrix.profile, role=roles)
    matrix.parts.profile = matrix.profile
    found = a_request(matrix, city, OPENING[city][0], 1)
    matrix.parts.cabinet.put(found)
    for someone in matrix.everybody:
        if someone.role in asking:
            path = f"/calls/{found.calls[0]}/listen"
            matrix.try_it(someone, someone.here, "listen.ask", "POST", path)


# ---------------------------------------------------------------- lines

LINE_STATES = {
    "osan": ["off", "applied", "approved", "on", "release_applied", "released"],
    "goshogawara": ["off", "on"],
}
LINE_TABLE = {
    "osan": """
        apply          off                      line.apply    theirs
        withdraw       applied,release_applied  line.apply    theirs
        approve        applied,release_applied  line.approve  any
        refuse         applied,release_applied  line.approve  any
        enable         approved                 line.set      any
        apply_release  on                       line.apply    theirs
        disable        released                 line.set      any
    """,
    "goshogawara": """
        enable         off                      line.set      any
        disable        on                       line.set      any
    """,
}
LINE_FORM = {
    "ground": "repeat",
    "reason": "반복 민원",
    "applicant": "이직원",
    "unit": HERE,
    "notice": "1",
}


def test_lines(matrix, city):
    rules = {act: row for act, *row in table(LINE_TABLE[city])}
    done = set()
    for state in LINE_STATES[city]:
        file = LineFile("l3", state=state, made_by="p99", department=HERE)
        matrix.parts.cabinet.put(file)
        for someone in matrix.everybody:
            matrix.try_it(someone, bool(someone.role), "lines.show", "GET", "/lines/3")
            for act in LINE_ACTS:
                states, right, whose = rules.get(act, ((), "", ""))
                theirs = someone.here or whose == "any"
                allowed = state in states and matrix.may(someone, right) and theirs
                tried, path = f"lines.do.{act}", f"/lines/3/{act}"
                matrix.try_it(someone, allowed, tried, "POST", path, LINE_FORM)
                if allowed:
                    done.add((state, act))
                    matrix.parts.cabinet.put(file)
    assert done == {(s, act) for act, (states, _, _) in rules.items() for s in states}


# ---------------------------------------------------------------- media

MEDIUM_STATES = (
    *("in_stock", "written", "issued", "recopy_asked", "handed_back"),
    *("returned", "missing", "erased", "destroyed"),
)
MEDIUM_TABLE = """
    write         in_stock                    copy.make         any
    write_off     in_stock,missing            medium.destroy    any
    issue         written                     medium.issue      any
    erase         written,returned            medium.destroy    any
    ask_recopy    issued                      recopy.ask        theirs
    grant_recopy  recopy_asked                recopy.approve    any
    deny_recopy   recopy_asked                recopy.approve    any
    hand_back     issued                      medium.return     theirs
    take_back     handed_back,issued,missing  medium.take_back  any
    lose          issued                      medium.take_back  any
    destroy       erased                      medium.destroy    any
"""


def medium_form(matrix, act):
    to = matrix.registry.person_named(f"personnel {HERE}")
    return {
        "write": {"request": "r1", "file": "ab" * 32},
        "issue": {"recipient": to.id if to else ""},
        "grant_recopy": {"medium": "S-FREE"},
        "destroy": {"method": "erase+crush", "two_names": "가, 나"},
    }.get(act, {"reason": "x"})


def test_media(matrix, city):
    rules = {act: row for act, *row in table(MEDIUM_TABLE)} if city == "goshogawara" else {}
    if rules:
        asked = a_request(matrix, city, "provided", 1)
        matrix.parts.cabinet.put(provided(asked, "ab" * 32))
        matrix.parts.cabinet.put(Medium("m99", "S-FREE", "usb"))
    done = set()
    for n, state in enumerate(MEDIUM_STATES, 1):
        held = {"request": "r1", "made_by": "p99", "department": HERE, "sha256": "ab" * 32}
        medium = Medium(f"m{n}", f"S-{n}", "usb", state, **held)
        matrix.parts.cabinet.put(medium)
        for someone in matrix.everybody:
            sees = bool(rules) and (
                someone.here
                or any(matrix.may(someone, r) for r in ("medium.issue", "copy.make", "log.review"))
            )
            page = f"/media/{medium.id}"
            matrix.try_it(someone, sees, "media.show", "GET", page)
            for act in MEDIUM_ACTS:
                states, right, whose = rules.get(act, ((), "", ""))
                theirs = someone.here or whose == "any"
                allowed = sees and state in states and matrix.may(someone, right) and theirs
                form = medium_form(matrix, act)
                matrix.try_it(someone, allowed, f"media.do.{act}", "POST", f"{page}/{act}", form)
                if allowed:
                    done.add((state, act))
                    matrix.parts.cabinet.put(medium)
    assert done == {(s, act) for act, (states, _, _) in rules.items() for s in states}


def provided(request, sha256):
    """Return a request as it is once its copy has been made."""
    entry = Entry(iso(NOW), "p1", "provide", "approved", "provided", {"file": sha256})
    return replace(request, history=(*request.history, entry))


# ---------------------------------------------------------------- restrictions

RESTRICTION_TABLE = """
    impose  proposed  restriction.set   any
    drop    proposed  restriction.set   any
    lift    active    restriction.lift  any
"""


def test_restrictions(matrix, city):
    known = matrix.profile.restriction.allowed
    rules = {act: row for act, *row in table(RESTRICTION_TABLE)}
    for n, state in enumerate(["proposed", "active", "dropped", "lifted"], 1):
        found = Restriction(f"x{n}", "p50", "leak", state=state)
        matrix.parts.cabinet.put(found)
        for someone in matrix.everybody:
            sees, page = known and matrix.keeps(someone), f"/restrictions/{found.id}"
            matrix.try_it(someone, sees, "restrictions.show", "GET", page)
            for act in RESTRICTION_ACTS:
                states, right, _ = rules[act]
                allowed = sees and state in states and matrix.may(someone, right)
                form = {"reason": "누출"}
                tried = f"restrictions.do.{act}"
                matrix.try_it(someone, allowed, tried, "POST", f"{page}/{act}", form)
                if allowed:
                    matrix.parts.cabinet.put(found)


# ---------------------------------------------------------------- all the others


def signed_in(m, s):
    return bool(s.role)


def keeps(m, s):
    return m.keeps(s)


def having(*rights):
    return lambda m, s: any(m.may(s, right) for right in rights)


def looks_after(m, s):
    return s.role == "operator"


def answers(m, s):
    return looks_after(m, s) or m.keeps(s)


def holds(m, s):
    return m.profile.retention.hold.allowed and m.may(s, "call.hold")


def marks(m, s):
    return any(m.may(s, r) for r in ("notice.mark", "call.mark", "log.review"))


def restricts(m, s):
    return m.profile.restriction.allowed and m.keeps(s)


def has_media(m, s):
    return m.profile.media.controlled and bool(s.role)


def files_a_request(m, s):
    return m.may(s, "request.make")


def has_register_form(m, s):
    return m.keeps(s) and bool(m.profile.provision.register)


def has_form_1(m, s):
    return bool(s.role) and bool(m.profile.line_application.form)


GRANT = having("rights.grant")
OSAN_FORM = {"ground": "user", "purpose": "dispute"}
GOSHO_FORM = {"ground": "fair", "purpose": "fair"}


def request_form(m):
    own = {"unit_head": OSAN_FORM, "fair": GOSHO_FORM}
    city = "fair" if m.profile.media.controlled else "unit_head"
    named = {"kind": "provide", "reason": "확인", "applicant": "박", "unit": HERE}
    return {**own[city], **named, "call": m.calls["plain"].id}


#: (endpoint, method) → address, who may, form. Addresses and forms may need the matrix.
ROUTES = {
    ("board.show", "GET"): ("/", signed_in),
    ("board.now", "GET"): ("/board", signed_in),
    ("board.press_button", "POST"): ("/button", having("call.record", "call.mark")),
    ("calls.index", "GET"): ("/calls", signed_in),
    ("holds.hold", "POST"): (
        lambda m: f"/calls/{m.calls['plain'].id}/hold",
        holds,
        {"reason": "분쟁", "until": "2027-03-01"},
    ),
    ("holds.release", "POST"): (
        lambda m: f"/calls/{m.calls['plain'].id}/release",
        holds,
        {"reason": "끝"},
    ),
    ("health.show", "GET"): ("/health", signed_in),
    ("health.confirm_clock", "POST"): ("/health/clock", looks_after),
    ("health.seen", "POST"): ("/health/seen", answers, {"what": "line_down", "where": "line 1"}),
    ("health.test", "POST"): ("/health/test", looks_after),
    ("lines.index", "GET"): ("/lines", signed_in),
    ("lines.printed", "GET"): ("/lines/3/form.pdf", has_form_1),
    ("log.show", "GET"): ("/log", having("log.review")),
    ("log.table", "GET"): ("/log/log.csv?reason=review", having("log.review")),
    ("media.index", "GET"): ("/media", has_media),
    ("media.register", "POST"): (
        "/media",
        lambda m, s: has_media(m, s) and m.may(s, "medium.issue"),
        lambda m: {"serial": f"NEW-{len(m.registry.rows('media'))}", "kind": "usb"},
    ),
    ("notices.index", "GET"): ("/notices", marks),
    ("notices.mark", "POST"): (
        lambda m: f"/notices/{m.calls['untold'].id}",
        lambda m, s: marks(m, s) and (m.keeps(s) or m.may(s, "call.search") or s.here),
        {"code": "spoken"},
    ),
    ("people.index", "GET"): ("/people", GRANT),
    ("people.add", "POST"): (
        "/people",
        GRANT,
        lambda m: {"name": f"새 사람 {len(m.registry.people())}", "role": "user"},
    ),
    ("people.change", "GET"): (lambda m: f"/people/{m.victim()}", GRANT),
    ("people.change", "POST"): (
        lambda m: f"/people/{m.victim()}",
        GRANT,
        {"role": "user", "department": "x"},
    ),
    ("people.renew", "POST"): (lambda m: f"/people/{m.victim()}/code", GRANT),
    ("people.reset_factor", "POST"): (lambda m: f"/people/{m.victim()}/factor", GRANT),
    ("people.remove", "GET"): (lambda m: f"/people/{m.victim()}/remove", GRANT),
    ("people.remove", "POST"): (lambda m: f"/people/{m.victim()}/remove", GRANT),
    ("register.show", "GET"): ("/register", keeps),
    ("register.table", "GET"): ("/register/register.csv", keeps),
    ("register.printed", "GET"): ("/register/register.pdf", has_register_form),
    ("requests.index", "GET"): ("/requests", signed_in),
    ("requests.new", "GET"): ("/requests/new", files_a_request),
    ("requests.new", "POST"): (
        "/requests/new",
        files_a_request,
        request_form,
    ),
    ("restrictions.index", "GET"): ("/restrictions", restricts),
    ("restrictions.impose", "POST"): (
        "/restrictions",
        lambda m, s: restricts(m, s) and m.may(s, "restriction.set"),
        lambda m: {
            "person": f"p{len(m.registry.rows('restrictions'))}",
            "ground": "leak",
            "reason": "누출",
        },
    ),
    ("rule.show", "GET"): ("/rule", signed_in),
    ("passphrase.form", "GET"): ("/passphrase", signed_in),
    ("factor.form", "GET"): ("/second-factor", signed_in),
    ("factor.replace", "POST"): ("/second-factor/replace", signed_in),
    ("sign_in.left", "GET"): ("/session", signed_in),
    ("sign_in.stay", "POST"): ("/session", signed_in),
}
#: Walked by a test of their own above, or about one's own account, which no other is shown.
ELSEWHERE_TESTED = {
    *(("requests.show", "GET"), ("requests.do", "POST"), ("requests.printed", "GET")),
    *(("provide.make", "POST"), ("provide.again", "POST"), ("provide.save", "GET")),
    *(("calls.show", "GET"), ("calls.erasure", "GET"), ("listen.ask", "POST")),
    *(("listen.ogg", "GET"), ("listen.wav", "GET"), ("listen.shape", "GET")),
    *(("lines.show", "GET"), ("lines.do", "POST"), ("media.show", "GET"), ("media.do", "POST")),
    *(("restrictions.show", "GET"), ("restrictions.do", "POST"), ("log.review", "POST")),
    *(("passphrase.form", "POST"), ("factor.form", "POST"), ("factor.qr", "GET")),
    ("sign_in.out", "POST"),
}


def test_every_route_has_a_row(matrix):
    walked = set(ROUTES) | ELSEWHERE_TESTED
    there = {
        (rule.endpoint, method)
        for rule in matrix.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint not in OPEN
    }
    assert walked == there


def test_routes(matrix, city):
    matrix.call_for("plain")
    matrix.call_for("untold", notice="missing")
    for (endpoint, method), (path, may, *form) in ROUTES.items():
        done = 0
        for someone in matrix.everybody:
            at = path(matrix) if callable(path) else path
            given = form[0](matrix) if form and callable(form[0]) else dict(*form)
            allowed = may(matrix, someone)
            if not someone.role and endpoint in UNATTENDED | {"board.show"}:
                continue  # asked for by a page that was left open, or the front door
            matrix.try_it(someone, allowed, endpoint, method, at, given)
            done += allowed
        foreign = city == "osan" and ("media" in endpoint or "holds" in endpoint)
        foreign |= city == "goshogawara" and endpoint.startswith("restrictions")
        foreign |= city == "goshogawara" and endpoint in ("register.printed", "lines.printed")
        assert bool(done) is not foreign, endpoint


def test_ones_own_account_is_nobody_elses(matrix):
    for endpoint, path, method in (
        ("passphrase.form", "/passphrase", "POST"),
        ("factor.form", "/second-factor", "POST"),
        ("factor.qr", "/second-factor/qr.svg", "GET"),
        ("sign_in.out", "/sign-out", "POST"),
    ):
        matrix.try_it(matrix.nobody, False, endpoint, method, path)
    for someone in matrix.everybody[1:]:
        assert matrix.send(someone, "POST", "/sign-out", {}).headers["Location"] == "/sign-in"


MINE = "another long passphrase"
PASSPHRASES = {"current": PASSPHRASE, "passphrase": MINE, "again": MINE}


def others(matrix, someone):
    """Return everybody's account but one."""
    return [person for person in matrix.registry.people() if person.id != someone.id]


def test_each_role_changes_its_own_passphrase_with_the_old_one_and_no_others(matrix):
    for someone in matrix.everybody:
        wrong = {**PASSPHRASES, "current": "not this one"}
        before = others(matrix, someone)
        if not someone.role:
            matrix.try_it(someone, False, "passphrase.form", "POST", "/passphrase", PASSPHRASES)
            continue
        assert matrix.send(someone, "POST", "/passphrase", wrong).status_code == 403
        assert matrix.recorder.notes("login_refused")[-1][1] == someone.id
        assert matrix.opens(someone.id, PASSPHRASE) is not None
        matrix.try_it(someone, True, "", "POST", "/passphrase", PASSPHRASES)
        assert matrix.recorder.notes("passphrase_set")[-1][1] == someone.id
        assert matrix.opens(someone.id, MINE) is not None
        assert others(matrix, someone) == before


def test_each_role_sets_up_and_exchanges_its_own_second_factor_and_no_others(matrix):
    page, qr, anew = "/second-factor", "/second-factor/qr.svg", "/second-factor/replace"
    for n, someone in enumerate(matrix.everybody):
        someone.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"  # whose wrong codes are counted
        if not someone.role:
            matrix.try_it(someone, False, "factor.form", "POST", page, {"code": "1"})
            matrix.try_it(someone, False, "factor.qr", "GET", qr)
            matrix.try_it(someone, False, "factor.replace", "POST", anew, {"code": "1"})
            continue
        matrix.sign_in(someone.name, client=someone.client)  # the first one's codes took minutes
        before = others(matrix, someone)
        matrix.try_it(someone, False, "factor.form", "POST", page, {"code": "1"})  # none proposed
        for _ in range(2):  # set up, then exchanged
            matrix.try_it(someone, True, "", "GET", page)
            matrix.try_it(someone, True, "", "GET", qr)
            proposed = session_of(matrix, someone).proposed
            matrix.try_it(someone, False, "factor.form", "POST", page, {"code": "123"})
            matrix.try_it(someone, True, "", "POST", page, {"code": code(matrix, proposed)})
            assert matrix.recorder.notes("factor_set")[-1][1] == someone.id
            matrix.try_it(someone, False, "factor.qr", "GET", qr)  # it is shown once
            matrix.clock.passed_s += 30
            assert matrix.send(someone, "POST", anew, {"code": "123"}).status_code == 403
            assert matrix.recorder.notes("code_refused")[-1][1] == someone.id
            matrix.try_it(someone, True, "", "POST", anew, {"code": code(matrix, proposed)})
        assert matrix.registry.person(someone.id).factor
        assert others(matrix, someone) == before


def session_of(matrix, someone):
    cookie = someone.client.get_cookie(matrix.site.cookie)
    return matrix.parts.sessions.find(cookie.value, touch=False)


def code(matrix, factor):
    return pyotp.TOTP(factor.secret).at(matrix.clock.now())


def test_only_who_reviews_signs_the_months_log_off(matrix):
    matrix.enter("login", NOW, person="p1", address="10.0.0.1")
    for someone in matrix.everybody:
        allowed = False  # this month is not over
        form = {"month": "2026-11", "remarks": "이상 없음"}
        matrix.try_it(someone, allowed, "log.review", "POST", "/log/review", form)


def test_whoever_has_a_right_with_no_role_for_it_left_is_refused(matrix, city):
    """A right that is taken away bites at the next request, whatever the session was."""
    head = next(each for each in matrix.everybody if each.role == "head")
    matrix.try_it(head, True, "", "GET", "/log")
    matrix.registry.change(head.id, role="user")
    matrix.try_it(head, False, "log.show", "GET", "/log")


def test_a_month_that_is_over_is_signed_off_by_who_reviews_and_nobody_else(matrix):
    matrix.enter("login", datetime(2025, 1, 5, tzinfo=UTC), person="p1", address="10.0.0.1")
    for n, someone in enumerate(matrix.everybody):
        month = f"{2025 + n // 12}-{n % 12 + 1:02}"
        form = {"month": month, "remarks": "이상 없음"}
        allowed = matrix.may(someone, "log.review")
        matrix.try_it(someone, allowed, "log.review", "POST", "/log/review", form)
        assert any(each.id == month for each in matrix.parts.cabinet.all(Review)) is allowed
