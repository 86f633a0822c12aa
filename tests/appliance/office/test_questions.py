from dataclasses import replace

import pytest

from appliance.office.conditions import grounds
from appliance.office.questions import grounds_listed, questions, told_by_ground
from appliance.policy import profile_text
from appliance.profile import Form
from appliance.profile_reader import parse

OSAN, GOSHO = (parse(profile_text(city)) for city in ("osan", "goshogawara"))


def names(profile, **how):
    return [each.name for each in questions(profile, **how)]


def with_form(*fields):
    made = Form("Request", "Form A", fields)
    return replace(OSAN, forms={**OSAN.forms, "osan-2": made})


def test_each_city_asks_what_its_form_has_a_place_for():
    assert names(OSAN) == [
        *("applicant", "born", "unit", "purpose", "relation", "reason", "rank", "proof")
    ]
    assert names(GOSHO) == [
        *("reason", "form_reason_other", "form_other_party_number", "form_other_party_name"),
        *("form_staff_unit_and_name", "form_notes", "form_remarks"),
    ]


def test_a_reason_is_told_where_the_form_has_a_place_for_it():
    fields = {each.name: each.field for each in questions(GOSHO)}
    assert fields["reason"] == "call.content"
    both = questions(with_form("reason", "call.content"))
    assert [(each.field, each.name) for each in both] == [
        ("reason", "reason"),
        ("call.content", "form_call_content"),
    ]
    assert names(with_form("date")) == ["reason"]


def test_a_body_on_paper_is_asked_for_its_name():
    assert names(GOSHO, on_paper=True)[:2] == ["applicant", "unit"]
    assert sorted(names(OSAN, on_paper=True)) == sorted(names(OSAN))


def test_what_only_the_city_knows_is_asked_too():
    asked = questions(with_form("kept.until", "contact:phone|mail", "rows:purpose,note"))
    assert [(each.field, each.choices, each.is_own) for each in asked] == [
        ("kept.until", (), False),
        ("contact", ("phone", "mail"), False),
        ("reason", (), True),
    ]


@pytest.mark.parametrize(
    "ground, told", [("manners", "manners"), ("fair", "fair"), ("other", ""), ("law", "")]
)
def test_a_ground_tells_the_purpose_of_its_name(ground, told):
    found = next(each for each in grounds(GOSHO) if each.id == ground)
    assert told_by_ground(GOSHO, found) == told


def test_the_only_purpose_needs_no_asking():
    one = replace(OSAN, purpose=OSAN.purpose[:1])
    assert told_by_ground(one, grounds(OSAN)[0]) == "dispute"
    assert told_by_ground(OSAN, None) == ""


def test_the_grounds_that_the_form_has_boxes_for():
    assert grounds_listed(GOSHO) == ("manners", "fair", "other")
    assert grounds_listed(OSAN) == ("",)


def test_no_field_of_a_city_gets_in_the_way_of_the_pages_own():
    asked = questions(with_form("token", "call", "unit", "born.on", "reason"))
    assert [(each.name, each.is_own) for each in asked] == [
        *(("form_token", False), ("form_call", False), ("form_unit", False)),
        *(("form_born_on", False), ("reason", True)),
    ]
