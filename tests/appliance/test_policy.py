from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.policy import PolicyError, load, parse, profile_text, shipped

SEOUL, TOKYO = ZoneInfo("Asia/Seoul"), ZoneInfo("Asia/Tokyo")


def test_both_cities_ship():
    assert shipped() == ["goshogawara", "osan"]
    osan, gosho = load("osan"), load("goshogawara")
    assert (osan.city, osan.retention_days, osan.language) == ("오산시", 90, "ko")
    assert (gosho.city, gosho.retention_days, gosho.language) == ("五所川原市", 30, "ja")
    assert [p.id for p in osan.purposes] == ["dispute", "misuse"]
    assert osan.retention_clause == "8①"


@pytest.mark.parametrize(
    "city, started, due",
    [
        # The first day is not counted, the last is kept whole.
        ("osan", datetime(2026, 3, 4, 9, 30, tzinfo=SEOUL), datetime(2026, 6, 3, tzinfo=SEOUL)),
        ("osan", datetime(2026, 3, 4, 0, 0, tzinfo=SEOUL), datetime(2026, 6, 3, tzinfo=SEOUL)),
        (
            "osan",
            datetime(2026, 3, 4, 23, 59, 59, tzinfo=SEOUL),
            datetime(2026, 6, 3, tzinfo=SEOUL),
        ),
        (
            "goshogawara",
            datetime(2026, 5, 1, 8, 0, tzinfo=TOKYO),
            datetime(2026, 6, 1, tzinfo=TOKYO),
        ),
        (
            "goshogawara",
            datetime(2028, 2, 1, 8, 0, tzinfo=TOKYO),
            datetime(2028, 3, 3, tzinfo=TOKYO),
        ),
    ],
)
def test_a_call_is_due_when_its_last_day_ends(city, started, due):
    assert load(city).due(started) == due
    assert load(city).due(started.astimezone(UTC)) == due


def test_a_day_is_the_sites_own():
    late_utc = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    assert load("osan").day(late_utc) == date(2026, 11, 23)


def test_a_profile_may_be_a_file(tmp_path):
    file = tmp_path / "third.toml"
    file.write_text(profile_text("osan").replace("days = 90", "days = 10"))
    assert load(str(file)).retention_days == 10


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda t: t.replace("days = 90", "days = 0"), "retention.days is 0"),
        (lambda t: t.replace("days = 90", 'days = "90"'), "retention.days is '90'"),
        (lambda t: t.replace("Asia/Seoul", "Asia/Osan"), "'Asia/Osan', which is no time zone"),
        (lambda t: t.replace("rule_title =", "title ="), "not known: city.title"),
        (lambda t: t.replace("rule_title =", "rule_title_en ="), "not a TOML file"),
        (lambda t: t.replace("addressee =", "# addressee ="), "missing: city.addressee"),
        (lambda t: t + "\n[[", "not a TOML file"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said(spoil, says):
    with pytest.raises(PolicyError) as error:
        parse(spoil(profile_text("osan")))
    assert says in str(error.value)


def test_a_policy_that_is_not_there_names_those_that_are():
    with pytest.raises(PolicyError, match="give one of goshogawara, osan"):
        load("/no/such/file.toml")
