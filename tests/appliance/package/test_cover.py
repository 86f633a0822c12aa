import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance import paper, policy
from appliance.checkpoint import Checkpoint
from appliance.package.cover import Provision, values
from tests.appliance.scene import START
from tests.appliance.test_index import row

PROVISION = Provision(
    row=row(1, number="0318036114", end=START + timedelta(seconds=70), audio_samples=480_000),
    box_id="box-7",
    public_key="KEY=",
    taker="김관리 木村",
    purpose="trial",
    at=START,
    sums={"wav": "a1" * 32, "opus": "b2" * 32, "record": "c3" * 32},
    entries=(7, 9),
    head=Checkpoint("kirok/box-7", 10, bytes(32)),
)


def printed(provision, city):
    rule = policy.load(city)
    pdf = paper.pdf("fact_sheet", values(provision, rule), START)
    run = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60
    )
    return run.stdout.decode()


@pytest.mark.parametrize(
    ("city", "words"),
    [
        ("osan", ["녹취 파일 제공 표지", "오산시", "2026-11-23 09:00:00 KST", "7번(통화)"]),
        ("goshogawara", ["通話録音", "五所川原市", "2026-11-23 09:00:00 JST", "7 番（通話）"]),
    ],
)
def test_the_sheet_says_it_in_the_policys_language(city, words):
    text = printed(PROVISION, city)
    for word in [*words, "0318036114", "1:00", "김관리 木村", "a1" * 32, "b2" * 32, "KEY="]:
        assert word in text, word


def test_what_is_not_known_is_said_so():
    unknown = replace(PROVISION.row, number=None, notice=None, proof="pending")
    text = printed(replace(PROVISION, row=unknown, purpose="제3호"), "osan")
    assert "알 수 없음" in text
    assert "통화 중에 녹취기가 중단됨" in text
    assert "제3호" in text
