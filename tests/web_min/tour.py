"""Two city halls with something on every page, and the way through all that somebody is shown."""

import re
from collections import deque
from dataclasses import replace
from html import unescape

from appliance.hold import Hold
from appliance.index_row import iso
from appliance.office.documents import (
    Applicant,
    Entry,
    LineFile,
    Medium,
    Proof,
    Request,
    Restriction,
)
from tests.regulations.hall import Hall
from tests.web_min.rig import NOW, call, line, missed, speechlike

#: role → (name, department); whoever has the role "operator" is the rig's administrator.
PEOPLE = {
    "osan": {
        "head": ("김정책", "정보통신과"),
        "deputy": ("이부책", "정보통신과"),
        "user": ("이직원", "민원봉사과"),
        "unit_head": ("박과장", "민원봉사과"),
        "audit": ("정감사", "감사담당관"),
    },
    "goshogawara": {
        "head": ("成田 課長", "管財課"),
        "unit_head": ("工藤 課長", "市民課"),
        "personnel": ("神 課長", "人事課"),
        "user": ("葛西", "市民課"),
    },
}
FIRST = {"osan": "정보통신과", "goshogawara": "管財課"}
HERE = {"osan": "민원봉사과", "goshogawara": "市民課"}
WORDS = {
    "osan": ("민원인의 폭언이 반복되어 사실 확인이 필요함", "박과장", "사무관"),
    "goshogawara": ("窓口での応対について申出があり、事実を確認するため", "工藤 課長", "課長"),
}
#: What the city's form asks beside what every request has.
FILLED = {
    "osan": {},
    "goshogawara": {
        "other_party.name": "髙𠮷 﨑太郎",
        "notes": "本人が同席する",
        "remarks": "急ぎ",
    },
}
GROUND = {"osan": ("user", "dispute"), "goshogawara": ("fair", "fair")}
STATES = {
    "osan": (
        *("requested", "approved", "pledged", "viewed", "provided", "extension_asked"),
        *("reported", "refused", "withdrawn", "lapsed", "closed"),
    ),
    "goshogawara": (
        *("requested", "approved", "viewed", "provided", "returned"),
        *("refused", "withdrawn", "lapsed", "closed"),
    ),
}
LINE_STATES = {
    "osan": ("applied", "approved", "on", "release_applied", "released"),
    "goshogawara": ("off", "on"),
}
MEDIUM_STATES = (
    *("in_stock", "written", "issued", "recopy_asked", "handed_back"),
    *("returned", "missing", "erased", "destroyed"),
)


def furnished(folder, city):
    """Return a hall with calls, alarms and papers in each state; its people are by role."""
    people = {
        r: (n, r, HERE[city] if r == "unit_head" else d) for r, (n, d) in PEOPLE[city].items()
    }
    hall = Hall(folder, city, people, FIRST[city])
    here = HERE[city]
    hall.recorded = hall.add(call(department=here), speechlike(2.0), permit=False)
    _calls(hall, here)
    _papers(hall, city)
    hall.show(
        lines=[
            line(1, "line_down"),
            line(2, "in_call", number="0313701234", recording=True),
            line(3, "ringing", number=None),
            *(line(n) for n in range(4, 9)),
        ],
        button_line=2,
    )
    hall.alarm()
    hall.enter("login", NOW, person="p1", address="10.0.0.1")
    hall.recorder.done.clear()
    return hall


def _calls(hall, here):
    hall.add(missed())
    hall.add(call(3, 50, department=here, notice="missing", number=None, number_source="private"))
    hall.add(call(4, 60, department=here, proof="failed", gaps=[{"at_s": 9.0, "lost_s": 0.2}]))
    hall.add(call(5, 70, direction="out", digits="0313709999", number="0313709999"))
    hall.add(call(6, 80, end=None, last_offset=None, proof="pending"))
    hall.add(call(8, 95, department=here, erased=NOW))
    part = {"at_s": 12.0, "audio_s": 0.0, "until_s": 28.2, "by": "key", "agreed": "2.3"}
    hall.add(call(9, 97, department=here, mode="selective", why="key", stretches=[part]))
    if hall.profile.retention.hold.allowed:
        hold = Hold("訴訟のため保存", "p2", "2027-03-31", "2026-11-23", "8①").to_text()
        hall.add(call(7, 90, department=here, hold=hold))


def _papers(hall, city):
    put, (reason, name, rank), here = hall.parts.cabinet.put, WORDS[city], HERE[city]
    maker, ground = hall.ids["unit_head"], GROUND[city]
    for n, state in enumerate(STATES[city], 1):
        row = hall.add(call(20 + n, 100 + n, department=here), speechlike(0.5), permit=False)
        sent = Entry(iso(NOW), hall.ids["head"], "approve", "requested", "approved", {})
        asked = replace(sent, act="ask_extension", facts={"planned_day": "2027-02-01"})
        refused = replace(sent, act="refuse", facts={"reason": reason})
        written = replace(sent, act="provide", facts={"file": "ab" * 32})
        request = Request(
            id=f"r{n}",
            kind="view" if state == "viewed" else "provide",
            ground=ground[0],
            purpose=ground[1],
            reason=reason,
            applicant=Applicant(name, here, rank, born="1975-02-03"),
            made_by=maker,
            department=here,
            made=iso(NOW),
            calls=() if state == "requested" else (row.id,),
            wanted="2026-11-23 10:00" if state == "requested" else "",
            proof=Proof("○○경찰서", "수사과-1234", "2026-11-20") if state == "closed" else None,
            state=state,
            until="2026-12-01T00:00:00.000Z" if state == "viewed" else None,
            due="2026-11-20" if state in ("provided", "extension_asked", "reported") else None,
            files=1 if state in ("provided", "extension_asked", "reported") else 0,
            history=(refused if state == "refused" else sent, asked, written),
        )
        put(request)
    run_out = replace(request, id="r50", state="approved", until="2026-11-20T00:00:00.000Z")
    anew = replace(written, act="provide_again", facts={"reason": reason, "file": "cd" * 32})
    provided = replace(request, id="r51", state="provided", provided=iso(NOW), filled=FILLED[city])
    put(run_out)
    put(replace(provided, history=(*request.history, anew)))
    for n, state in enumerate(LINE_STATES[city], 3):
        put(LineFile(f"l{n}", state=state, made_by=maker, department=here, reason=reason))
    for n, state in enumerate(MEDIUM_STATES if hall.profile.media.controlled else (), 1):
        held = {"request": "r4", "sha256": "ab" * 32, "issued": iso(NOW)} if n > 1 else {}
        put(Medium(f"m{n}", f"SN-{n}", "usb", state, made_by=maker, department=here, **held))
    states = ("proposed", "active", "dropped", "lifted")
    for n, state in enumerate(states if hall.profile.restriction.allowed else (), 1):
        put(Restriction(f"x{n}", maker, "no_report", "r5", state, made=iso(NOW)))


def pages(hall, who):
    """Return the address of every page that links lead to, for `who` ("" for nobody)."""
    client = hall.people[who] if who else hall.app.test_client()
    start = ["/"] if who else ["/sign-in", "/notice"]
    found, waiting = {}, deque(start)
    while waiting:
        address = waiting.popleft()
        if address in found:
            continue
        shown = hall.get(address, client)
        found[address] = shown
        if shown.mimetype == "text/html":
            waiting.extend(a for a in _links(shown.text) if a not in found)
    dead = [a for a, shown in found.items() if shown.status_code >= 400]
    assert not dead, (who, dead)
    return [a for a, shown in found.items() if (shown.mimetype, shown.status_code) == HTML]


HTML = ("text/html", 200)


def _links(text):
    for address in map(unescape, re.findall(r'<a\b[^>]*href="([^"]+)"', text)):
        path, _, _query = address.partition("?")
        if address.startswith("/") and not path.startswith(("/language", "/static")):
            # the list of calls can be asked for in any number of ways
            yield (path if path == "/calls" else address).partition("#")[0]
