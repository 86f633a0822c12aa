def test_every_article_stands_with_what_follows_from_it(inside):
    page = inside.get("/rule").text
    assert page.count("<blockquote") == len(inside.parts.articles)
    assert "제8조(녹취정보 관리) ① 녹취정보는 90일간 보관하고" in page
    after = page.split("① 녹취정보는 90일간")[1]
    assert "days 90" in after[:600]
    assert "line_application.decided_by" in page
