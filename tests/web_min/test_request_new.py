import re

import pytest

from appliance.office.documents import Request
from tests.regulations.hall import words_of
from tests.web_min.rig import call

TYPED = {
    "kind": "provide",
    "ground": "other",
    "purpose": "manners",
    "reason": "窓口案内について",
    "form_reason_other": "接遇研修 𠮷",
    "form_other_party_number": "0173-35-0000",
    "form_other_party_name": "髙𠮷 﨑太郎",
    "form_staff_unit_and_name": "市民課 葛西",
    "form_notes": "本人同席",
    "form_remarks": "急ぎ",
}

CHOSEN = ("kind", "ground", "purpose")


@pytest.fixture
def head(gosho):
    return gosho.person("工藤課長", "unit_head", "市民課")


@pytest.fixture
def outside(gosho):
    return {
        **{**TYPED, "ground": "criminal_investigation", "purpose": "", "form_reason_other": ""},
        **{"proof_issuer": "五所川原警察署", "proof_number": "第12号", "proof_day": "2026-05-01"},
    }


def fields(page):
    """Return what a page's form asks."""
    form = page.text.split("<main")[1]
    return set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', form)) - {"token"}


def printed(rig, client, of="r2"):
    return words_of(rig.get(f"/requests/{of}/gosho-1.pdf", client).data)


def test_goshogawaras_page_asks_what_its_form_has_a_place_for(gosho, head):
    asked = fields(gosho.get("/requests/new", head))
    document = {"proof_issuer", "proof_number", "proof_day"}  # for a use beyond the purpose
    assert asked == {*TYPED, "wanted", *document}


def test_osans_page_asks_what_its_form_has_a_place_for(inside):
    asked = fields(inside.get("/requests/new", inside.person("박과장", "unit_head")))
    assert asked == {
        *("kind", "ground", "purpose", "wanted", "relation", "reason", "applicant", "born"),
        *("unit", "rank", "proof_issuer", "proof_number", "proof_day"),
    }


def test_what_is_typed_stands_on_the_page_and_on_the_paper(gosho, head):
    sent = gosho.post("/requests/new", head, **TYPED, call=gosho.row.id)
    assert sent.status_code == 303
    paper, page = printed(gosho, head), gosho.get("/requests/r2", head, Accept_Language="ja").text
    written = {name: typed for name, typed in TYPED.items() if name not in CHOSEN}
    for typed in written.values():
        assert "".join(typed.split()) in paper, typed
        assert typed in page, typed
    assert "□√その他(接遇研修𠮷（職員の接遇意識の向上）)" in paper
    assert "氏名：髙𠮷﨑太郎" in paper
    assert "0313701234" not in paper  # what is typed stands for what was heard


def test_what_is_left_empty_the_box_fills_in(gosho, head):
    asked = {name: TYPED[name] for name in ("kind", "purpose", "reason")}
    gosho.post("/requests/new", head, **asked, ground="fair", call=gosho.row.id)
    found, paper = gosho.parts.cabinet.get(Request, "r2"), printed(gosho, head)
    assert (found.filled, found.applicant.name, found.applicant.unit) == ({}, "工藤課長", "市民課")
    for words in ("電話番号：0313701234", "氏名：通話", "□√業務の公正"):
        assert words in paper, words


def test_a_use_beyond_the_purpose_is_asked_for_its_document(gosho, head, outside):
    page = gosho.get("/requests/new", head).text
    assert page.index("<details") < page.index("proof_issuer")
    assert gosho.post("/requests/new", head, **outside, call=gosho.row.id).status_code == 303
    paper = printed(gosho, head)
    for words in (
        "□√その他(捜査機関から犯罪捜査の目的による要請を受けたとき。)",
        "五所川原警察署第12号(令和8年5月1日)",
        "急ぎ",
    ):
        assert words in paper, words


def test_a_body_on_paper_is_named_and_stands_among_the_remarks(gosho, outside):
    sent = {**outside, "on_paper": "1", "applicant": "", "unit": "刑事課"}
    assert "Enter the applicant" in gosho.post("/requests/new", **sent).text
    sent |= {"applicant": "青森県警察", "call": gosho.row.id}
    assert gosho.post("/requests/new", **sent).status_code == 303
    assert "青森県警察刑事課" in printed(gosho, gosho.client)


def test_the_document_that_a_ground_asks_for_is_asked_for(inside):
    head, row = inside.person("박과장", "unit_head"), inside.add(call(3))
    sent = {"kind": "view", "ground": "law", "purpose": "dispute", "reason": "x", "call": row.id}
    answer = inside.post("/requests/new", head, **sent, applicant="박과장", unit="세정과")
    assert (answer.status_code, "Name the document" in answer.text) == (400, True)
