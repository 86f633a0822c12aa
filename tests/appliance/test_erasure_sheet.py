import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from appliance import box, erasure_sheet, keys, policy, tlog_proof
from appliance.box import Plan
from appliance.engine import open_parts
from appliance.erasure_sheet import NotYet
from appliance.store import Store
from tests.appliance.scene import START
from tests.appliance.test_eraser import DUE, call_of, certificates, recorded, sweep

LATE = timedelta(seconds=12.8)
WORDS = {
    "osan": ("녹취정보 삭제 확인서", "보관 기간 경과", "지연(초)", "오산시"),
    "goshogawara": ("通話記録消去証明書", "保存期間の経過", "遅延（秒）", "五所川原市"),
    "harbour": ("Certificate of an erasure", "the rule's time was over", "Harbour City"),
}
ARTICLES = {"osan": "제8조제1항", "goshogawara": "第8条第1項", "harbour": "article 4"}
FILES = {"harbour": str(Path(__file__).parents[1] / "harbour.toml")}


@pytest.fixture(params=WORDS)
def city(request):
    return request.param


@pytest.fixture
def opened(tmp_path, city):
    plan = Plan(policy.profile_text(FILES.get(city, city)), None, True)
    box.create(tmp_path / "data", plan, START)
    return box.open_box(tmp_path / "data")


@pytest.fixture
def parts(opened):
    with open_parts(opened) as parts:
        yield parts


@pytest.fixture
def gone(parts):
    """Record two calls and erase them; return the first."""
    store = Store(parts, lambda call: None)
    first, _ = recorded(store, call_of(START, line_name="민원실 窓口"), call_of(START))
    sweep(store, DUE + LATE)
    return first


def words_of(made):
    run = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    return "".join(run.stdout.decode().split())


def test_it_says_what_was_erased_when_and_how_late_and_proves_it(opened, parts, gone, city):
    parts.ledger.publish_head()
    row = parts.index.get(gone.id)
    made = words_of(erasure_sheet.printed(opened, row, DUE + timedelta(days=1)))
    (facts,) = [each for each in certificates(opened) if each["call"] == gone.id]
    for said in (
        *WORDS[city],
        *(gone.id, facts["chain"], "2026-11-23", "민원실窓口", str(facts["late_s"])),
        *(opened.id, opened.public_key, ARTICLES[city]),
        *(line for line in (opened.ledger / "head").read_text().splitlines() if line),
    ):
        assert "".join(said.split()) in made, said


def test_the_printed_proof_is_one_that_can_be_checked(opened, parts, gone):
    parts.ledger.publish_head()
    public = keys.public_key_from_text(opened.public_key)
    proved = erasure_sheet.proved(opened.ledger, gone.id, public)
    assert tlog_proof.check(proved.entry, proved.proof, public).size > proved.proof.index
    made = words_of(erasure_sheet.printed(opened, parts.index.get(gone.id), DUE))
    assert "".join(proved.entry.decode().split()) in made
    assert "".join(proved.proof.text().split()) in made


def test_nothing_is_certified_before_a_head_is_signed_over_it(opened, parts, gone):
    with pytest.raises(NotYet):
        erasure_sheet.printed(opened, parts.index.get(gone.id), DUE)
    parts.ledger.publish_head()
    with pytest.raises(NotYet):
        erasure_sheet.printed(opened, call_of(START), DUE)  # one that was not erased


def test_a_ledger_that_was_changed_certifies_nothing(opened, parts, gone):
    parts.ledger.publish_head()
    entries = opened.ledger / "entries.log"
    entries.write_bytes(entries.read_bytes().replace(b'"late_s":', b'"late_x":'))
    with pytest.raises(ValueError, match="not its"):
        erasure_sheet.printed(opened, parts.index.get(gone.id), DUE)
