def test_every_article_stands_with_what_follows_from_it(inside):
    page = inside.get("/rule").text
    assert page.count("<blockquote") == len(inside.parts.articles)
    assert "제8조(녹취정보 관리) ① 녹취정보는 90일간 보관하고" in page
    after = page.split("① 녹취정보는 90일간")[1][:600]
    assert "Retention" in after and "Days kept: 90" in after
    assert "Application for full recording: Decided by" in page


def test_a_role_a_form_and_a_ground_are_called_as_the_rule_calls_them(inside):
    page = inside.get("/rule").text
    assert 'Decided by: <span lang="ko">녹취시스템 정책임자</span>' in page
    assert 'Form: <span lang="ko">[별지 제2호서식] 오산시 행정전화 녹취정보(' in page
    assert "Request → Approval → Pledge" in page
    assert "<code>" not in page.split("<main")[1]
