"""The line board: what is going on at this moment."""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from appliance.api import BoxStatus, LineStatus, RecorderAway
from appliance.call_list import CallListAway
from appliance.index_row import CallRow
from appliance.office.tasks import Papers, Task, tasks
from web_min import colleagues, log, office
from web_min.health import alarms_of
from web_min.parts import parts, signed_in

bp = Blueprint("board", __name__)


@bp.get("/")
def show() -> str:
    """What is to be done first, then what is going on."""
    box = _box()
    return render_template(
        "board.html",
        box=box,
        alarms=alarms_of(box),
        now=_now(box),
        tasks=_tasks(),
        may_press=_may_press(),
        address_of=office.address_of,
        colleagues=colleagues.listed(parts()),
    )


@bp.get("/board")
def now() -> str:
    """Return the changing part of the board alone, for the page's own polling."""
    box = _box()
    return render_template("_lines.html", box=box, alarms=alarms_of(box), now=_now(box))


@bp.post("/button")
def press_button() -> Response | tuple[str, int]:
    mode = parts().profile.mode
    office.only_if(_may_press(), mode[-1].clause if mode else "")
    try:
        parts().recorder.press_button()
    except RecorderAway:
        return show(), 503
    parts().status.forget()
    parts().notebook.note("button", signed_in().person_id)
    return redirect(url_for("board.show"), code=303)


def _may_press() -> bool:
    """Say whether this person may begin to record a call, as with the key of their phone."""
    return office.may("call.record") or office.may("call.mark")


def _box() -> BoxStatus | None:
    """Return the box's status, without the numbers that this person need not know."""
    box = parts().status.get()
    if box is None:
        return None
    lines = [each if office.knows_of(each.department) else _unnamed(each) for each in box.lines]
    return replace(box, lines=lines)


def _unnamed(line: LineStatus) -> LineStatus:
    """Return a line without the other party's number: "" for one that is known."""
    return replace(line, number="") if line.number else line


def _tasks() -> list[Task]:
    try:
        return _tasks_of(Papers(office.documents(), log.waiting(), office.calls_of, _held()))
    except CallListAway:  # without the calls there are tasks still, and an alarm says what is wrong
        return _tasks_of(Papers(office.documents(), log.waiting()))


def _tasks_of(papers: Papers) -> list[Task]:
    return tasks(parts().clerk, office.actor(), papers, office.today())


def _held() -> list[CallRow]:
    calls = parts().calls
    return [calls.get(call_id) for call_id in calls.held()] if office.may("call.hold") else []


def _now(box: BoxStatus | None) -> datetime:
    return datetime.fromisoformat(box.now) if box else parts().now()
