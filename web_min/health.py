"""The health of the box: what is wrong and what to do, and the proof that the rest is well."""

from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from appliance.api import Alarm, BoxStatus, RecorderAway
from web_min import forms, office
from web_min.parts import parts, signed_in

bp = Blueprint("health", __name__)

#: A name of an alarm, and the longest place: a path of the box's own.
_WHAT_MAX = 40
_WHERE_MAX = 200


@bp.get("/health")
def show(refused: str = "") -> str:
    box = parts().status.get()
    return render_template(
        "health.html",
        box=box,
        alarms=alarms_of(box),
        may_answer=_may_answer(),
        may_test=_may_test(),
        newest_test=_newest_test(box),
        watch=parts().watch(),
        mail_wanted=parts().notices.mail is not None,
        version=version("kirok"),
        refused=refused,
    )


@bp.post("/health/seen")
def seen() -> Response | tuple[str, int]:
    office.only_if(_may_answer(), parts().profile.safeguards.clause)
    what, where = forms.text("what", _WHAT_MAX), forms.text("where", _WHERE_MAX)
    try:
        parts().recorder.acknowledge(what, where, signed_in().person_id)
    except RecorderAway:
        return show(), 503
    return _again()


@bp.post("/health/test")
def test() -> Response | tuple[str, int]:
    office.only_if(_may_test(), parts().profile.safeguards.clause)
    try:
        parts().recorder.self_test(signed_in().person_id)
    except RecorderAway:
        return show(), 503
    return _again()


@bp.post("/health/clock")
def confirm_clock() -> Response | tuple[str, int]:
    """Take a person's word that the clock is right: in most such rooms there is no other."""
    office.only_if(_may_test(), parts().profile.safeguards.clause)
    try:
        refused = parts().recorder.confirm_clock(signed_in().person_id)
    except RecorderAway:
        return show(), 503
    parts().status.forget()
    return (show(refused), 409) if refused else _again()


def alarms_of(box: BoxStatus | None) -> list[Alarm]:
    """Return what is wrong, the newest first; that nobody answers is itself an alarm."""
    others = [*_page_alarms(), *_watch_alarms()]
    if box is None:
        return [Alarm("recorder_away", "", ""), *others]
    alarms = sorted(box.alarms, key=lambda alarm: alarm.since, reverse=True)
    if not box.clock_trusted and not any(a.what == "clock_untrusted" for a in alarms):
        alarms.append(Alarm("clock_untrusted", "", ""))
    return sorted([*alarms, *others], key=lambda alarm: bool(alarm.seen_by))


def _page_alarms() -> list[Alarm]:
    """Return what the page itself cannot do; the recorder knows nothing of it."""
    found = {"calls_away": parts().calls.wrong, "access_behind": parts().access.wrong}
    return [Alarm(what, "", "", facts={"wrong": why}) for what, why in found.items() if why]


def _watch_alarms() -> list[Alarm]:
    """Return what is wrong with what tells people of alarms."""
    wanted, watch = parts().notices, parts().watch()
    if watch is None:
        tells = wanted.mail is not None or wanted.syslog is not None
        return [Alarm("watch_away", "", "")] if tells else []
    return (
        [Alarm("mail_failed", "", "", facts={"wrong": watch.mail_note})] if watch.mail_note else []
    )


def _may_test() -> bool:
    """Say whether this person looks after the system; a test needs nobody's right to a call."""
    person = parts().registry.person(signed_in().person_id)
    return person is not None and parts().site.first_role in person.roles


def _may_answer() -> bool:
    """Say whether this person answers for the system: who only uses it puts no alarm aside."""
    return _may_test() or office.sees_all()


def _newest_test(box: BoxStatus | None) -> datetime | None:
    tests = [line.test.at for line in box.lines if line.test] if box else []
    return datetime.fromisoformat(max(tests)) if tests else None


def _again() -> Response:
    parts().status.forget()
    return redirect(url_for("health.show"), code=303)
