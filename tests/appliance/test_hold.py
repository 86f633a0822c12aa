from datetime import UTC, date, datetime, timedelta

import pytest

from appliance.hold import Hold, HoldRefused, ending, for_review, new_hold
from appliance.policy import load, profile_text

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GOSHO = load("goshogawara")


def test_a_hold_says_who_why_until_when_and_by_which_article():
    hold = new_hold(GOSHO, "管財課長", " 係争中 ", date(2027, 3, 31), NOON)
    assert hold == Hold("管財課長", "係争中", "2027-03-31", "2026-11-23", "8①但書")
    assert Hold.from_text(hold.to_text()) == hold
    assert hold.ends(GOSHO.zone) == datetime(2027, 3, 31, 15, tzinfo=UTC)


def test_osan_knows_no_hold():
    with pytest.raises(HoldRefused, match=r"knows no hold; .* 90 days \(art. 8①\)"):
        new_hold(load("osan"), "부책임자", "분쟁", date(2027, 3, 31), NOON)


@pytest.mark.parametrize(
    "reason, until, says",
    [(" ", date(2027, 3, 31), "needs its reason"), ("係争中", date(2026, 11, 22), "is over")],
)
def test_a_hold_without_sense_is_refused(reason, until, says):
    with pytest.raises(HoldRefused, match=says):
        new_hold(GOSHO, "管財課長", reason, until, NOON)


def test_a_rule_may_set_the_longest_hold(tmp_path):
    shorter = tmp_path / "shorter.toml"
    shorter.write_text(profile_text("goshogawara").replace("max_days = 0", "max_days = 30"))
    rule = load(str(shorter))
    new_hold(rule, "a", "b", date(2026, 12, 23), NOON)
    with pytest.raises(HoldRefused, match=r"at most 30 days \(art. 8①但書\)"):
        new_hold(rule, "a", "b", date(2026, 12, 24), NOON)


def test_today_is_the_sites():
    late = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    with pytest.raises(HoldRefused, match="today is 2026-11-24"):
        new_hold(GOSHO, "a", "b", date(2026, 11, 23), late)


def test_a_hold_is_warned_of_a_week_before_it_ends():
    held = {
        until.isoformat(): new_hold(GOSHO, "a", "b", until, NOON).to_text()
        for until in (date(2026, 11, 23), date(2026, 11, 29), date(2026, 11, 30))
    }
    assert ending(held, NOON, GOSHO) == ["2026-11-23", "2026-11-29"]


def test_a_rule_without_review_days_asks_for_none():
    since = NOON - timedelta(days=400)
    held = {"a": Hold("p", "r", "2099-01-01", GOSHO.day(since).isoformat(), "8(1)").to_text()}
    assert for_review(held, NOON, GOSHO) == ["a"]
    assert for_review(held, NOON, load("osan")) == []


@pytest.mark.parametrize("days, asked", [(29, []), (30, ["a"]), (31, ["a"])])
def test_a_hold_is_reviewed_after_the_rules_days(days, asked):
    since = GOSHO.day(NOON) - timedelta(days=days)
    held = {"a": Hold("p", "r", "2099-01-01", since.isoformat(), "8(1)").to_text()}
    assert for_review(held, NOON, GOSHO) == asked


def test_a_hold_that_ends_soon_is_not_reviewed_as_well():
    since = (GOSHO.day(NOON) - timedelta(days=60)).isoformat()
    held = {"a": Hold("p", "r", "2026-11-25", since, "8(1)").to_text()}
    assert (ending(held, NOON, GOSHO), for_review(held, NOON, GOSHO)) == (["a"], [])
