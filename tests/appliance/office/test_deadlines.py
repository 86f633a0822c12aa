from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from appliance.office import deadlines
from appliance.office.documents import Medium


@pytest.fixture
def provided(osan):
    request = osan.do("unit_head", osan.approved(), "pledge")
    return osan.do("operator", request, "provide", {"file": "x"})


@pytest.mark.parametrize(
    "today, left, over",
    [
        (date(2026, 3, 4), 30, False),
        (date(2026, 4, 3), 0, False),
        (date(2026, 4, 4), -1, True),
    ],
)
def test_a_report_is_due_on_the_thirtieth_day_after(osan, provided, today, left, over):
    deadline = deadlines.report(osan.profile, provided, today)
    assert (deadline.day, deadline.left, deadline.is_over) == (date(2026, 4, 3), left, over)
    assert deadline.clause == "9④"


def test_what_has_been_reported_is_due_no_more(osan, provided):
    done = osan.do(
        "unit_head",
        provided,
        "report",
        {"outcome": "evidence_and_archive", "not_destroyed": "in_use"},
    )
    assert deadlines.report(osan.profile, done, date(2026, 5, 1)) is None


def test_media_are_brought_to_mind(goshogawara):
    out = Medium("m1", "SN", "usb", state="issued", issued="2026-03-04T15:30:00.000Z")
    deadline = deadlines.medium(goshogawara.profile, out, date(2026, 3, 5))
    assert (deadline.what, deadline.day) == ("return", date(2026, 4, 4))  # the 5th in Tokyo
    back = replace(out, state="returned", back="2026-03-10T00:00:00.000Z")
    deadline = deadlines.medium(goshogawara.profile, back, date(2026, 3, 18))
    assert (deadline.what, deadline.left) == ("destroy", -1)
    stock = replace(out, state="in_stock")
    assert deadlines.medium(goshogawara.profile, stock, date(2026, 9, 1)) is None


@pytest.mark.parametrize("today, left", [(date(2026, 5, 24), None), (date(2026, 5, 26), 7)])
def test_a_call_that_is_asked_for_and_soon_erased_is_told(osan, call, today, left):
    due = datetime(2026, 6, 1, 15, tzinfo=UTC)  # 2 June in Seoul
    rows = [replace(call("c1"), due=due)]
    deadline = deadlines.expiry(osan.profile, osan.request(), rows, today)
    assert (deadline and deadline.left) == left


def test_a_held_call_is_not_erased(goshogawara, call):
    held = replace(call("c1"), due=datetime(2026, 3, 5, tzinfo=UTC), hold="訴訟")
    request = goshogawara.request()
    assert deadlines.expiry(goshogawara.profile, request, [held], date(2026, 3, 4)) is None
