import pytest

from appliance.articles import called, clauses_of, shipped_articles, words
from appliance.policy import profile_text
from appliance.profile_reader import parse


@pytest.mark.parametrize(
    "named, clauses",
    [
        ("9③", ["9③"]),
        ("8③,11①", ["8③", "11①"]),
        ("9①3-6,11①", ["9①3", "9①4", "9①5", "9①6", "11①"]),
        ("", []),
    ],
)
def test_clauses_are_read_as_the_profile_names_them(named, clauses):
    assert clauses_of(named) == clauses


@pytest.mark.parametrize("city", ["osan", "goshogawara"])
def test_every_clause_that_a_city_names_has_its_words(city):
    profile = parse(profile_text(city))
    articles = shipped_articles(profile)

    def named(value):
        clause = getattr(value, "clause", "")
        yield from clauses_of(clause) if clause else ()
        inside = (
            value
            if isinstance(value, tuple)
            else vars(value).values()
            if hasattr(value, "__dict__")
            else ()
        )
        for each in inside:
            yield from named(each)

    cited = set(named(profile))
    assert len(cited) > 20
    assert not {clause for clause in cited if not words(articles, clause)}


def test_the_words_of_a_clause_are_the_rules_own():
    articles = shipped_articles(parse(profile_text("osan")))
    assert words(articles, "7") == [("7", articles["7"])]
    assert articles["7"].startswith(
        "제7조(녹취 시 사전고지) 녹취를 할 때에는 반드시 통화상대자에게"
    )
    paragraphs = ["9①", *(f"9①{n}" for n in range(1, 7)), "9②", "9③", "9④"]
    assert [clause for clause, _ in words(articles, "9")] == paragraphs
    assert [clause for clause, _ in words(articles, "1")] == ["1"]
    assert words(articles, "99") == []


def test_a_city_whose_words_we_do_not_have_shows_none():
    other = parse(profile_text("osan").replace('id = "kr-osan"', 'id = "kr-suwon"'))
    assert shipped_articles(other) == {}


@pytest.mark.parametrize(
    "clause, language, name",
    [
        ("9①2", "ko", "제9조제1항제2호"),
        ("2.1", "ko", "제2조제1호"),
        ("7", "ko", "제7조"),
        ("7②(1)", "ja", "第7条第2項第1号"),
        ("8①但書", "ja", "第8条第1項ただし書"),
        ("4①", "en", "article 4(1)"),
        ("11②3", "en", "article 11(2) no. 3"),
        ("add.1", "ko", "부칙 제1조"),
        ("add.", "ja", "附則"),
        ("add.2", "en", "addenda article 2"),
        ("別記様式", "ja", "別記様式"),
    ],
)
def test_a_clause_is_called_by_its_name(clause, language, name):
    assert called(clause, language) == name
