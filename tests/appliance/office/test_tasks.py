from datetime import date

from appliance.office.documents import LineFile, Medium, Request
from appliance.office.tasks import tasks

TODAY = date(2026, 3, 4)


def of(office, role, today=TODAY):
    cabinet = office.cabinet
    documents = [*cabinet.all(Request), *cabinet.all(LineFile), *cabinet.all(Medium)]
    found = tasks(office.clerk, office.by(role), documents, today)
    return [(task.what, task.document.id) for task in found]


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
    osan.do("unit_head", request, "report", {"outcome": "evidence_and_archive"})
    assert of(osan, "head") == [("accept_report", "r1")]


def test_what_is_asked_for_to_view_is_let_view(osan):
    osan.do("unit_head", osan.approved(kind="view"), "pledge")
    assert of(osan, "operator") == [("let_view", "r1")]


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
