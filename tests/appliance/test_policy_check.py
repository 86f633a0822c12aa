from appliance.articles import shipped_articles
from appliance.policy import profile_text
from appliance.policy_check import check
from appliance.profile_reader import parse


def remarks(text, articles=None):
    profile = parse(text)
    known = shipped_articles(profile) if articles is None else articles
    return [(remark.missing, remark.text) for remark in check(profile, known)]


def test_clauses_that_bind_nothing_here_are_named():
    notes = [text for lacks, text in remarks(profile_text("goshogawara")) if not lacks]
    assert "clauses that no rule of the profile names: 2, 2(2), add." in notes


def test_a_rule_without_its_article_is_missing_one():
    spoilt = profile_text("osan").replace('clause = "11②3"', 'clause = ""')
    missing = [text for lacks, text in remarks(spoilt) if lacks]
    assert missing == ["restriction.ground no_report: no clause says where the rule has this"]


def test_an_article_that_the_rule_does_not_have_is_named():
    spoilt = profile_text("goshogawara").replace('clause = "9②"', 'clause = "19②"')
    assert [text for lacks, text in remarks(spoilt) if lacks] == [
        "role personnel: the rule has no clause '19②'"
    ]


def test_what_is_off_needs_no_article():
    assert not [text for lacks, text in remarks(profile_text("goshogawara")) if lacks]
