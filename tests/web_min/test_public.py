import pytest

from tests.web_min.rig import Rig


@pytest.mark.parametrize(
    "policy, says",
    [
        ("osan", ["오산시", "90 days", "민원인과의 분쟁 해결", "전수 녹취", "관리부서의 장"]),
        (
            "goshogawara",
            ["五所川原市", "30 days", "職員の接遇意識の向上", "管財課長", "市役所本庁舎"],
        ),
    ],
)
def test_the_public_notice_says_what_the_rule_asks(tmp_path, policy, says):
    rig = Rig(tmp_path, policy=policy)
    page = rig.get("/notice").text
    assert not [each for each in says if each not in page]
    assert rig.recorder.asked == 0
    rig.close()
