from datetime import date

import pytest

from appliance.office import reviews
from appliance.office.clerk import Actor, Refusal
from appliance.policy import profile_text
from appliance.profile_reader import parse
from tests.web_min.rig import NOW, Rig

HEAD = Actor("p2", frozenset({"head"}))


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def sign(rig, month="2026-10", remarks="이상 없음", actor=HEAD):
    return reviews.sign_off(rig.profile, rig.parts.cabinet, actor, (month, remarks), NOW)


def test_months_go_from_the_first_day_to_today():
    assert reviews.months(date(2025, 11, 30), date(2026, 2, 1)) == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]


def test_a_month_waits_once_it_is_over_until_it_is_signed():
    known = ["2026-09", "2026-10", "2026-11"]
    assert reviews.waiting(known, {"2026-09"}, date(2026, 11, 1)) == ["2026-10"]


@pytest.mark.parametrize(
    ("month", "day", "left"),
    [("2026-10", date(2026, 11, 30), 7), ("2026-09", date(2026, 10, 31), -23)],
)
def test_it_is_to_be_reviewed_within_the_month_after_it(month, day, left):
    found = reviews.deadline(month, date(2026, 11, 23))
    assert (found.day, found.left, found.is_over) == (day, left, left < 0)


def test_a_review_is_kept_and_noted(rig):
    signed = sign(rig)
    assert (signed.id, signed.by, signed.remarks) == ("2026-10", "p2", "이상 없음")
    (note,) = rig.registry.unsent()
    assert (note["act"], note["person"], note["month"]) == ("log_reviewed", "p2", "2026-10")
    assert "이상" not in str(note)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"month": "2026-11"}, "wrong_state"),
        ({"remarks": ""}, "missing"),
        ({"actor": Actor("p1", frozenset({"operator"}))}, "no_right"),
    ],
)
def test_each_refusal_keeps_nothing(rig, changes, why):
    with pytest.raises(Refusal) as refused:
        sign(rig, **changes)
    assert refused.value.why == why
    assert rig.registry.rows("reviews") == []


def test_a_month_is_signed_once(rig):
    sign(rig)
    with pytest.raises(Refusal):
        sign(rig, remarks="다시")
    assert [row["remarks"] for row in rig.registry.rows("reviews")] == ["이상 없음"]


@pytest.mark.parametrize(("city", "runs"), [("osan", False), ("goshogawara", True)])
def test_whoever_runs_the_recorder_reviews_their_own_work(city, runs):
    assert reviews.runs_the_recorder(parse(profile_text(city)), HEAD) == runs
