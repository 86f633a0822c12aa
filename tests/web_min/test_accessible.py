"""Every page of every role in both cities, looked at by axe-core and by what axe-core cannot see.

Source: WCAG 2.2 AA, which covers KWCAG 2.2 and JIS X 8341-3. Two pages of the same build in the
same language, whatever their words, are looked at once.
"""

import re
from importlib.resources import files

import pytest

from tests.web_min.test_browser import LOCALES, browse, chromium, served
from tests.web_min.test_browser import pytestmark as needs_chromium
from tests.web_min.tour import furnished, pages

__all__ = ["browse", "chromium"]

pytestmark = [*needs_chromium, pytest.mark.long]

CITIES = ("osan", "goshogawara")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RUN = """axe.run({runOnly:
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    .then(found => found.violations.map(v =>
        [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + n.failureSummary)]))"""

#: WCAG 2.5.8: 24 px each way, but for links in a sentence.
SMALL = """[...document.querySelectorAll("button, select, summary, input, textarea, a")]
    .filter(e => {
    if (e.type === "hidden" || !e.checkVisibility() || e.matches(".skip, .row, p a, li a, dd a"))
        return false;
    const label = e.closest("label.radio");
    const box = (label || e).getBoundingClientRect();
    return box.width < 24 || box.height < 24;
}).map(e => e.outerHTML.slice(0, 120))"""

OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: How often the bar at the top breaks at a width.
ROWS = "new Set([...document.querySelectorAll('.pages a')].map(a => a.offsetTop)).size"


def build(html):
    """Return a page's tags, without words and addresses."""
    return re.sub(r'="[^"]*"|>[^<]*<', lambda m: "><" if m[0][0] == ">" else "", html)


def visits(hall, who, seen):
    """Yield the addresses whose pages are built as none before."""
    client = hall.people[who] if who else hall.app.test_client()
    for address in pages(hall, who):
        built = build(hall.get(address, client).text)
        if built not in seen:
            seen.add(built)
            yield address


def come_in(page, hall, site, who):
    if who:
        cookie = hall.people[who].get_cookie(hall.site.cookie)
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


@pytest.fixture(params=CITIES)
def hall(request, tmp_path):
    made = furnished(tmp_path, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("language", LOCALES)
def test_axe_finds_nothing_and_every_page_fits_a_phone_and_a_quarter_of_a_screen(
    hall, browse, language
):
    """1 280 px at 400 % are 320 px (WCAG 1.4.10); a phone is 390 px wide."""
    found, seen = [], set()
    with served(hall) as site:
        for who in ["", *hall.people]:
            page = browse(language)
            come_in(page, hall, site, who)
            for address in visits(hall, who, seen):
                page.set_viewport_size({"width": 1024, "height": 768})
                page.goto(site + address)
                page.evaluate(AXE)
                found += [(who, address, *each) for each in page.evaluate(RUN)]
                found += [(who, address, "small", each) for each in page.evaluate(SMALL)]
                assert page.evaluate(ROWS) <= 1, (who, address, "the menu breaks at 1 024 px")
                assert page.get_attribute("html", "lang") == language
                assert page.locator("h1").count() == 1, address
                for width in (1024, 390, 320):
                    page.set_viewport_size({"width": width, "height": 768})
                    assert page.evaluate(OVER) == 0, (who, address, width)
    assert len(seen) > 60
    assert found == []


def test_axe_and_the_measure_find_what_is_wrong(hall, browse):
    """The two above would find nothing either if they did not look."""
    with served(hall) as site:
        page = browse()
        page.goto(f"{site}/sign-in")
        page.evaluate(
            """() => {
                document.querySelector("label[for=name]").remove();
                document.querySelector("main button").style.cssText = "min-height: 0; height: 8px";
                document.querySelector("main").style.width = "2000px";
            }"""
        )
        page.evaluate(AXE)
        assert "label" in [each[0] for each in page.evaluate(RUN)]
        assert len(page.evaluate(SMALL)) == 1
        assert page.evaluate(OVER) > 0
