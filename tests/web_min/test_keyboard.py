"""A request's whole way by the keyboard alone, with scripts and without, on a screen and a phone.

Source: WCAG 2.2, 2.1.1, 2.4.3, 2.4.7, 2.4.11, 3.1.2, 3.3.1 and 1.4.11 (3:1); KWCAG 2.2 and JIS X
8341-3 ask for the same.
"""

import re
import subprocess

import pytest

from tests.regulations.hall import Hall
from tests.web_min.test_accessible import OVER, come_in
from tests.web_min.test_browser import browse, chromium, pytestmark, served
from tests.web_min.tour import FIRST, HERE, PEOPLE, furnished

__all__ = ["browse", "chromium", "pytestmark"]

#: More than the longest page has controls.
TABS = 90
#: What has the focus: its outline with and without, and what the outline is drawn on.
FOCUS = """(selector) => {
    const e = document.activeElement;
    const outline = () => {
        const s = getComputedStyle(e);
        return [s.outlineStyle, s.outlineWidth, s.outlineColor].join(" ");
    };
    const focused = outline();
    let plain = "none";
    if (e.type !== "date") {  // a day has three stops inside, and would begin again
        e.blur();
        plain = outline();
        e.focus();
    }
    let under = e.parentElement, paint = "rgba(0, 0, 0, 0)";
    while (under && paint === "rgba(0, 0, 0, 0)") {
        paint = getComputedStyle(under).backgroundColor;
        under = under.parentElement;
    }
    const box = e.getBoundingClientRect();
    return [focused, plain, getComputedStyle(e).outlineColor, paint, e.outerHTML.slice(0, 90),
        box.bottom > 0 && box.top < innerHeight, e.matches(selector)];
}"""


def luminance(colour):
    parts = [float(each) / 255 for each in re.findall(r"[\d.]+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page):
        self.page = page

    def at(self, selector):
        return self.page.evaluate("s => document.activeElement.matches(s)", selector)

    def to(self, selector):
        """Go to a control with the tabulator, and see at each stop where one is."""
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.see(selector):
                return
        raise AssertionError(f"the tabulator does not come to {selector}")

    def see(self, selector):
        focused, plain, outline, paint, what, on_screen, there = self.page.evaluate(FOCUS, selector)
        if what.startswith("<body"):
            return False
        assert focused != plain, what
        assert focused.startswith("solid"), what
        assert contrast(outline, paint) >= 3, (what, outline, paint)
        assert on_screen, what
        return there

    def type(self, name, text):
        self.to(f"[name={name}]")
        self.page.keyboard.type(text)

    def choose(self, name, value):
        """Choose one of several: the group is one stop, arrows go round in it."""
        self.to(f"[name={name}]")
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.at(f"[name={name}][value={value}]"):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow comes to {value}")

    def press(self, selector):
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def open(self, act):
        """Open an act's form, where it is not open at once."""
        form = f"details.act:has(form[action$='/{act}'])"
        if self.page.locator(form).get_attribute("open") is None:
            self.to(f"{form} > summary")
            self.page.keyboard.press("Enter")
        return f"form[action$='/{act}'] button"


@pytest.fixture
def hall(tmp_path):
    people = {
        r: (n, r, HERE["osan"] if r == "unit_head" else d) for r, (n, d) in PEOPLE["osan"].items()
    }
    made = Hall(tmp_path, "osan", people, FIRST["osan"])
    yield made
    made.close()


@pytest.mark.parametrize(
    "scripts, width", [(True, 1024), (False, 320)], ids=["scripts", "none, 400 %"]
)
def test_a_request_goes_its_whole_way_by_keys_alone(hall, browse, scripts, width):
    with served(hall) as site:

        def keys(who, path="/requests/r1"):
            page = browse("ko", width, java_script_enabled=scripts)
            come_in(page, hall, site, who)
            page.goto(site + path)
            assert page.evaluate(OVER) == 0
            return Keys(page)

        asking = keys("unit_head", f"/requests/new?call={hall.recorded.id}")
        asking.choose("kind", "provide")
        asking.choose("ground", "user")
        asking.choose("purpose", "dispute")
        asking.type("relation", "담당자")
        asking.type("reason", "폭언 사실 확인")
        asking.press("form.sheet button.primary")
        assert hall.state() == "requested"
        deciding = keys("head")
        deciding.press(deciding.open("approve"))
        assert hall.state() == "approved"
        asking = keys("unit_head")
        button = asking.open("pledge")
        asking.to("[name=signed]")
        asking.page.keyboard.press("Space")
        asking.press(button)
        assert hall.state() == "pledged"
        carrying = keys("operator")
        carrying.press("form[action$='/provide'] button")
        assert hall.state() == "provided"
        carrying.to("a[href$='copy.zip']")
        asking = keys("unit_head")
        button = asking.open("report")
        asking.choose("outcome", "destroyed")
        asking.type("destroyer_unit", "민원봉사과")
        asking.type("destroyer", "박하늘")
        asking.press(button)
        assert hall.state() == "reported"
        deciding = keys("head")
        deciding.press(deciding.open("accept"))
        assert hall.state() == "closed"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_wrong_is_said_in_words_and_has_the_focus(hall, browse, scripts):
    with served(hall) as site:
        page = browse("ja", java_script_enabled=scripts)
        come_in(page, hall, site, "unit_head")
        page.goto(f"{site}/requests/new")
        Keys(page).press("form.sheet button.primary")
        assert Keys(page).at(".error-summary")
        assert page.title().startswith("エラー")
        links = page.locator(".error-summary a").all()
        assert links
        for link in links:
            field = page.locator(link.get_attribute("href"))
            named = field.get_attribute("aria-describedby").split()
            assert link.inner_text() in "".join(page.inner_text(f"#{each}") for each in named)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.url.endswith(links[0].get_attribute("href"))


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_the_rules_own_words_are_marked_as_their_language(hall, browse, language):
    """What is written in Hangul on a page in another language says that it is Korean."""
    foreign = """() => {
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const found = [];
        for (let node; (node = walk.nextNode());) {
            const at = node.parentElement;
            if (/[가-힣]{2}/.test(node.data) && at.closest("[lang]").lang !== "ko")
                found.push(at.tagName + "." + at.className + ": " + node.data.trim());
        }
        return found;
    }"""
    with served(hall) as site:
        page = browse(language)
        come_in(page, hall, site, "unit_head")
        for path in ("/requests/new", "/rule", "/notice"):
            page.goto(site + path)
            assert page.get_attribute("html", "lang") == language
            assert page.evaluate(foreign) == [] or language == "ko", path


def test_a_phone_has_the_menu_behind_one_key(hall, browse):
    with served(hall) as site:
        page = browse("ko", 390, java_script_enabled=False)
        come_in(page, hall, site, "head")
        page.goto(site)
        assert page.locator(".pages").is_hidden()
        keys = Keys(page)
        keys.to(".menu summary")
        page.keyboard.press("Enter")
        keys.press(".pages a[href='/requests']")
        assert page.url == f"{site}/requests"
        page.set_viewport_size({"width": 1024, "height": 800})
        assert page.locator(".pages").is_visible()
        assert page.locator(".menu").is_hidden()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_register_fits_a_screen_of_1024_and_prints_on_a4_landscape(tmp_path, browse, language):
    hall = furnished(tmp_path, "osan")
    with served(hall) as site:
        page = browse(language)
        come_in(page, hall, site, "head")
        page.goto(f"{site}/register")
        over = "(e => e.scrollWidth - e.clientWidth)(document.querySelector('.register'))"
        assert page.evaluate(over) == 0
        printed = page.pdf(prefer_css_page_size=True)
    hall.close()
    run = subprocess.run(
        ["pdfinfo", "-l", "-1", "-"], input=printed, capture_output=True, check=True, timeout=60
    )
    sizes = re.findall(r"size: +([\d.]+) x ([\d.]+)", run.stdout.decode())
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(842, 595)}
