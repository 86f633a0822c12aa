import re

import pytest

from appliance.policy import profile_text
from appliance.profile_reader import ProfileError, parse

OSAN, GOSHOGAWARA = profile_text("osan"), profile_text("goshogawara")


def without(text, section):
    """Return a profile without a section and those inside it."""
    pattern = rf"^\[+{re.escape(section)}(?:\.[^\]]*)?\]+\n(?:(?!^\[).*\n?)*"
    return re.sub(pattern, "", text, flags=re.M)


def test_both_cities_are_read_whole():
    osan, goshogawara = parse(OSAN), parse(GOSHOGAWARA)
    assert (osan.retention.days, osan.retention.hold.allowed) == (90, False)
    assert (goshogawara.retention.days, goshogawara.retention.hold.by) == (30, "head")
    assert osan.provision.steps == ("request", "approve", "pledge", "provide", "report", "close")
    assert goshogawara.media.controlled
    assert "line_application.decided_by" in osan.local


@pytest.mark.parametrize(
    "was, becomes, says",
    [
        ("days = 90", "days = 0", "retention.days is 0, want whole days from 1"),
        ("days = 90", 'days = "90"', "retention.days is '90', want a whole number"),
        ("days = 90", "days = 90\nforgive = true", "not known: retention.forgive"),
        ('"call.listen", "request', '"call.hear", "request', "no right is called 'call.hear'"),
        ('timezone = "Asia/Seoul"', 'timezone = "Mars/Base"', "which is no time zone"),
        ('timezone = "Asia/Seoul"', 'timezone = "../x"', "which is no time zone"),
        ('id = "deputy"', 'id = "head"', "role 'head' is there twice"),
        ('"rights.grant"', '"call.mark"', "nobody has 'rights.grant'"),
        ('"request.approve", ', "", "nobody has 'request.approve'"),
        ('form = "osan-3"', 'form = "osan-9"', "pledge.form is 'osan-9', and forms has no such"),
        ('made_by = ["unit_head", "audit"]', 'made_by = ["clerk"]', "'clerk', which is no role"),
        ('"pledge", "provide"', '"provide"', "the section of 'pledge' disagree"),
        (
            "allowed = false                  # the rule",
            "allowed = true #",
            "nobody has 'call.hold'",
        ),
        ("due_days = 30", "due_days = 0", "report.due_days is 0"),
        ("jitter_hours = 24", "jitter_hours = 0", "erase_jitter_hours is 0, want hours from 1"),
        ('"notice.text"', '"notice.words"', "local names 'notice.words', which is no value"),
    ],
)
def test_a_profile_at_odds_with_itself_is_refused(was, becomes, says):
    assert was in OSAN
    with pytest.raises(ProfileError, match=re.escape(says)):
        parse(OSAN.replace(was, becomes))


def test_a_hold_that_the_rule_does_not_know_is_refused():
    with pytest.raises(ProfileError, match=r"'head' has 'call.hold', and the rule has no hold"):
        parse(
            GOSHOGAWARA.replace(
                "[retention.hold]\nallowed = true", "[retention.hold]\nallowed = false"
            )
        )


def test_what_is_no_toml_is_refused():
    with pytest.raises(ProfileError, match="not a TOML file"):
        parse("[city")


def test_a_rule_known_in_part_says_so():
    known = without(without(OSAN, "provision"), "pledge")
    known = without(without(known, "report"), "local")
    with pytest.raises(ProfileError, match=r"partial = true"):
        parse(known.replace('"report.extension.decided_by", ', ""))
    assert parse("partial = true\n" + known).provision is None
