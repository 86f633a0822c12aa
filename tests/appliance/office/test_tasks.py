from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from appliance.hold import Hold
from appliance.office.documents import LineFile, Medium, Request
from appliance.office.tasks import Papers, tasks

TODAY = date(2026, 3, 4)


def of(office, role, today=TODAY):
    cabinet = office.cabinet
    documents = [*cabinet.all(Request), *cabinet.all(LineFile), *cabinet.all(Medium)]
    return [(task.what, task.document.id) for task in told(office, role, documents, today)]


def told(office, role, documents=(), today=TODAY, **papers):
    return tasks(office.clerk, office.by(role), Papers(documents, **papers), today)


def test_each_step_of_a_request_is_the_next_persons_task(osan):
    request = osan.request(calls=(), wanted="3월 3일")
    assert (of(osan, "operator"), of(osan, "head")) == ([("find_calls", "r1")], [])
    request = osan.do("operator", request, "attach", calls=("c1",))
    assert (of(osan, "operator"), of(osan, "head")) == ([], [("decide_request", "r1")])
    request = osan.do("head", request, "approve")
    assert of(osan, "unit_head") == [("sign_pledge", "r1")]
    request = osan.do("unit_head", request, "pledge")
    assert of(osan, "operator") == [("provide", "r1")]
    request = osan.do("operator", request, "provide", {"file": "x"})
    assert of(osan, "unit_head") == [("report_use", "r1")]
    assert of(osan, "other_head") == []
    osan.do(
        "unit_head",
        request,
        "report",
        {"outcome": "evidence_and_archive", "not_destroyed": "in_use"},
    )
    assert of(osan, "head") == [("accept_report", "r1")]


def test_what_is_asked_for_to_view_is_let_view(osan):
    osan.do("unit_head", osan.approved(kind="view"), "pledge")
    assert of(osan, "operator") == [("let_view", "r1")]


def test_an_approval_that_has_run_out_is_nobodys_task(osan):
    osan.approved()
    osan.do("unit_head", osan.approved(), "pledge")
    osan.do("unit_head", osan.approved(kind="view"), "pledge")
    last, after = date(2026, 3, 18), date(2026, 3, 19)
    assert of(osan, "unit_head", last) == [("sign_pledge", "r1")]
    assert of(osan, "operator", last) == [("provide", "r2"), ("let_view", "r3")]
    assert of(osan, "unit_head", after) == of(osan, "operator", after) == []


def test_what_may_be_done_but_need_not_is_no_task(osan):
    osan.request()
    assert of(osan, "unit_head") == []


def test_what_is_due_comes_first(osan):
    for _ in range(2):
        request = osan.do("unit_head", osan.approved(), "pledge")
        osan.do("operator", request, "provide", {"file": "x"})
        osan.later(days=2)
    osan.approved()
    assert of(osan, "unit_head") == [
        ("report_use", "r1"),
        ("report_use", "r2"),
        ("sign_pledge", "r3"),
    ]


def test_media_have_theirs(goshogawara):
    goshogawara.cabinet.put(Medium("m1", "SN-1", "usb", state="erased"))
    assert of(goshogawara, "head") == [("destroy_medium", "m1")]
    assert of(goshogawara, "operator") == []


def test_a_report_that_is_overdue_is_asked_for_by_those_who_accept_it(osan):
    request = osan.do("unit_head", osan.approved(), "pledge")
    request = osan.do("operator", request, "provide", {"file": "x"})
    due = date.fromisoformat(request.due)
    assert told(osan, "head", [request], due) == []
    (task,) = told(osan, "head", [request], due + timedelta(days=1))
    assert (task.what, task.deadline.left) == ("chase_report", -1)
    (own,) = told(osan, "unit_head", [request], due + timedelta(days=1))
    assert (own.what, own.deadline.is_over) == ("report_use", True)
    assert told(osan, "operator", [request], due + timedelta(days=1)) == []


@pytest.mark.parametrize("left, warned", [(8, False), (7, True), (0, True), (-1, True)])
def test_a_request_says_when_its_recording_goes(osan, left, warned):
    request = osan.request()
    at = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # 4 March in Seoul
    row = replace(osan.calls.get("c1"), due=at + timedelta(days=left))
    (task,) = told(osan, "head", [request], calls_of=lambda request: [row])
    assert (task.deadline is not None) == warned
    if warned:
        assert (task.deadline.what, task.deadline.left) == ("expiry", left)


@pytest.mark.parametrize(
    "today, what",
    [
        ("2026-04-02", None),
        ("2026-04-03", "review_hold"),  # 30 days after it was set
        ("2026-06-23", "review_hold"),
        ("2026-06-24", "hold_ends"),  # 7 days with the last one
        ("2026-06-30", "hold_ends"),
        ("2026-07-01", None),
    ],
)
def test_a_hold_that_ends_or_is_to_be_reviewed_is_a_task_of_those_who_hold(
    goshogawara, today, what
):
    hold = Hold("p", "訴訟", "2026-06-30", "2026-03-04", "8①但書").to_text()
    row, day = replace(goshogawara.calls.get("c1"), hold=hold), date.fromisoformat(today)
    found = told(goshogawara, "head", today=day, held=[row])
    assert [task.what for task in found] == ([what] if what else [])
    others = [role for role in goshogawara.people if role not in ("head", "other_head")]
    assert all(told(goshogawara, role, today=day, held=[row]) == [] for role in others)
