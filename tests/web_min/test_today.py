"""What each role must do today is the first thing on the page, in its language."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.hold import Hold
from tests.web_min.rig import NOW, call
from tests.web_min.test_board import text

LANGUAGES = ("ko", "ja", "en")


def to_do(rig, client=None, language="en"):
    """Return what stands under the first heading of the first page."""
    page = rig.get("/", client, Accept_Language=language).text
    return text(page.partition('class="tasks">')[2].partition("</section>")[0])


def hold(rig, since, until):
    held = Hold("p1", "訴訟", until, since, "8①但書").to_text()
    rig.index.put(replace(rig.index.get(rig.row.id), hold=held))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hold_that_ends_soon(gosho, language):
    hold(gosho, "2026-11-20", "2026-11-26")
    says = {
        "ko": "보류 종료 임박: 연장하거나 종료되게 둠",
        "ja": "保留の期限が近づいています：延長するか、終了させる",
        "en": "A hold ends: hold it on, or let it go",
    }[language]
    days = {"ko": "3일 후", "ja": "3日後", "en": "in 3 days"}[language]
    page = to_do(gosho, gosho.head, language)
    assert says in page
    assert days in page
    assert says not in to_do(gosho, None, language)  # who keeps the recordings holds none
    assert f'href="/calls/{gosho.row.id}"' in gosho.get("/", gosho.head).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hold_that_is_to_be_reviewed(gosho, language):
    hold(gosho, "2026-10-24", "2027-03-31")
    says = {
        "ko": "보류가 아직 필요한지 검토",
        "ja": "保留がなお必要か見直す",
        "en": "Review whether a hold is still needed",
    }[language]
    assert says in to_do(gosho, gosho.head, language)
    hold(gosho, "2026-10-25", "2027-03-31")
    assert says not in to_do(gosho, gosho.head, language)


def test_a_hold_is_held_on_from_its_page(gosho):
    hold(gosho, "2026-10-24", "2026-11-26")
    address = f"/calls/{gosho.row.id}"
    page = gosho.get(address, gosho.head).text
    assert f'action="{address}/hold"' in page
    assert f'formaction="{address}/release"' in page
    form = {"reason": "訴訟", "until": "2027-03-31"}
    assert gosho.post(f"{address}/hold", gosho.head, **form).status_code == 303
    assert gosho.recorder.done[-1][0] == "hold"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_whose_recording_goes_soon(rig, language):
    head = rig.person("김정책", "head")
    row = rig.add(call(due=NOW + timedelta(days=6)), permit=False)
    rig.permit(row, state="requested")
    says = {"ko": "6일 후", "ja": "6日後", "en": "in 6 days"}[language]
    assert says in to_do(rig, head, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_that_is_overdue(rig, language):
    head, row = rig.person("김정책", "head"), rig.add(call(), permit=False)
    rig.permit(row, state="provided", due="2026-11-22")
    says = {
        "ko": "기한이 지난 통보를 독촉",
        "ja": "期限を過ぎた報告を督促する",
        "en": "Ask for a report that is overdue",
    }[language]
    assert says in to_do(rig, head, language)
    rig.sign_in()
    assert says not in to_do(rig, None, language)  # who records accepts no report


def test_a_report_that_is_not_yet_due_is_not_asked_for(rig):
    head, row = rig.person("김정책", "head"), rig.add(call(), permit=False)
    rig.permit(row, state="provided", due="2026-11-23")
    assert "overdue" not in to_do(rig, head)
