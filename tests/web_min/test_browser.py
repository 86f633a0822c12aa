"""The page in Debian's Chromium, as its people use it."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from waitress import wasyncore
from waitress.server import create_server

from appliance.hold import Hold
from tests.waiting import wait_for
from tests.web_min.rig import CODE, NAME, PASSPHRASE, Rig, call, line, missed, speechlike
from web_min.sessions import IDLE_S

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCALES = {"ko": "ko-KR", "ja": "ja-JP", "en": "en-GB"}
SETTLED_MS = 10_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@contextmanager
def served(rig):
    """Serve the page on a port of its own; yields its address."""
    server = create_server(rig.app, host="127.0.0.1", port=0, threads=6)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:  # or a test that fails would wait for this thread for ever
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
    assert not thread.is_alive()


@pytest.fixture
def site(rig):
    with served(rig) as address:
        yield address


@pytest.fixture
def browse(chromium):
    """Open a browser window; whatever breaks our policy or comes from elsewhere fails the test."""
    contexts, faults = [], []

    def look(message):
        if "Content Security Policy" in message.text or message.type == "warning":
            faults.append(message.text)

    def ask(request):
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            faults.append(f"from elsewhere: {request.url}")

    def window(language="en", width=1024, **options):
        context = chromium.new_context(
            locale=LOCALES[language], viewport={"width": width, "height": 800}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SETTLED_MS)
        page.on("console", look)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", ask)
        return page

    yield window
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page, site, path="/"):
    page.goto(site + path)
    page.fill("#name", NAME)
    page.fill("#passphrase", PASSPHRASE)
    page.click("main button.primary")
    page.wait_for_selector(".who")


def open_recording(page):
    page.click(".purpose button.primary")
    page.wait_for_selector("#controls:not([hidden])")


def time_passes(page, beyond_s):
    """Wait until the player has come so far (its own event: our policy forbids polling by eval)."""
    page.evaluate(
        """([beyond, limit]) => new Promise((come, late) => {
            const audio = document.getElementById("audio");
            const look = () => audio.currentTime > beyond && come();
            audio.addEventListener("timeupdate", look);
            setTimeout(() => late(new Error("still at " + audio.currentTime)), limit);
            look();
        })""",
        [beyond_s, SETTLED_MS],
    )


@pytest.mark.parametrize("language", LOCALES)
def test_from_the_first_start_to_hearing_a_call(tmp_path, browse, language):
    rig = Rig(tmp_path, set_up=False)
    rig.show(lines=[line(n) for n in range(1, 9)])
    row = rig.add(call(), speechlike())
    rig.add(missed())
    with served(rig) as site:
        page = browse(language)
        page.goto(site)
        assert page.url == f"{site}/setup"
        page.fill("#code", CODE.lower())
        page.fill("#name", NAME)
        page.fill("#passphrase", PASSPHRASE)
        page.fill("#again", PASSPHRASE)
        page.click("main button.primary")
        page.wait_for_selector(".line")
        assert page.locator(".line").count() == 8

        page.click(".who button")
        page.wait_for_url(f"{site}/sign-in")
        page.fill("#name", NAME)
        page.fill("#passphrase", "wrong")
        page.click("main button.primary")
        page.wait_for_selector(".error-summary:focus")
        assert page.input_value("#name") == NAME
        page.fill("#passphrase", PASSPHRASE)
        page.click("main button.primary")
        page.wait_for_selector(".line")

        page.click(".pages a >> nth=1")
        page.fill("#number", "031-370")
        page.select_option("#recorded", "yes")
        page.click(".filters button")
        page.wait_for_url("**/calls?*number=031-370*")
        assert page.locator("tbody tr").count() == 1
        page.click("a.row")
        page.wait_for_url(f"**/calls/{row.id}")
        open_recording(page)
        page.click("#play")
        time_passes(page, 0.3)
        assert page.evaluate("document.getElementById('audio').currentSrc").endswith(".opus")
        assert page.get_attribute("html", "lang") == language
        assert NAME in page.inner_text("table")
    assert rig.opened == [row.id]
    rig.close()


def test_without_scripts_everything_works_up_to_listening(rig, site, browse):
    row = rig.add(call(), speechlike())
    rig.show(lines=[line(n) for n in range(1, 9)], button_line=6)
    rig.registry.change("p1", role="operator user")
    page = browse(java_script_enabled=False)
    sign_in(page, site)
    page.click("noscript a")
    page.click(".front-button")
    assert ("press_button",) in rig.recorder.done
    page.click(".pages a >> nth=1")
    page.fill("#number", "9999")
    page.click(".filters button")
    assert page.locator(".empty").count() == 1
    page.goto(f"{site}/calls/{row.id}")
    page.click(".purpose button.primary")
    assert page.locator("audio[controls]").bounding_box()["height"] >= 30
    assert page.locator("#controls").is_hidden()
    page.click(".languages a[lang=ja]")
    assert page.get_attribute("html", "lang") == "ja"
    page.click(".who button")
    assert page.url == f"{site}/sign-in"


def test_where_opus_fails_the_wav_is_played_from_the_same_place(rig, site, browse):
    row = rig.add(call(), speechlike())
    page = browse()
    page.route("**/audio.opus", lambda route: route.fulfill(body=b"junk", content_type="audio/ogg"))
    sign_in(page, site, f"/calls/{row.id}")
    open_recording(page)
    page.click("#play")
    time_passes(page, 0.3)
    assert page.evaluate("document.getElementById('audio').currentSrc").endswith(".wav")
    page.click("#forward")
    time_passes(page, 10.0)


def test_one_seeks_by_button_by_key_by_waveform_and_by_event(rig, site, browse):
    row = rig.add(call(), speechlike())
    page = browse()
    sign_in(page, site, f"/calls/{row.id}")
    open_recording(page)

    def at():
        return page.evaluate("document.getElementById('audio').currentTime")

    page.evaluate(
        """() => new Promise((come) => {
            const audio = document.getElementById("audio");
            if (audio.readyState >= 1) come();
            audio.addEventListener("loadedmetadata", come);
        })"""
    )
    page.click("#forward")
    assert at() == pytest.approx(10.0, abs=0.1)
    page.keyboard.press("ArrowLeft")
    assert at() == pytest.approx(0.0, abs=0.1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert at() == pytest.approx(20.0, abs=0.1)
    box = page.locator("#wave").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert at() == pytest.approx(5.0, abs=0.3)
    page.click(".seek >> nth=1")
    assert at() == pytest.approx(5.8, abs=0.1)
    assert page.inner_text("#elapsed") == "0:05"
    page.locator("#wave-seek").focus()
    page.keyboard.press(" ")
    time_passes(page, 6.0)
    page.keyboard.press(" ")
    assert page.evaluate("document.getElementById('audio').paused")
    assert page.get_attribute("#wave-all", "d").count("M") == 600
    assert page.get_attribute("#wave-seek", "aria-valuetext").endswith("/ 0:20")


def test_the_board_changes_by_itself(rig, site, browse):
    rig.show(lines=[line(1), line(2)])
    page = browse()
    sign_in(page, site)
    assert page.locator("#line-2.tone-quiet").count() == 1
    page.evaluate("document.getElementById('line-1').untouched = true")
    talking = line(2, "in_call", recording=True, number="0313701234")
    rig.show(lines=[line(1), talking])
    page.wait_for_selector("#line-2.recording")
    assert "0313701234" in page.inner_text("#line-2")
    assert page.evaluate("document.getElementById('line-1').untouched")
    rig.recorder.away = True
    rig.clock.passed_s += 1
    page.wait_for_selector(".banner.bad")
    rig.recorder.away = False
    rig.show(lines=[line(1), talking, line(3)])
    page.wait_for_selector("#line-3")


def test_one_is_warned_before_the_session_ends_and_can_stay(rig, site, browse):
    page = browse()
    page.clock.install()
    sign_in(page, site, "/calls")
    rig.clock.passed_s += IDLE_S - 100
    # The first answer may come after the page's clock was moved: then it is asked again later.
    wait_for(lambda: page.clock.run_for(16_000) or page.is_visible("#ending"), 30.0)
    page.wait_for_selector("#ending button:focus")
    assert page.inner_text("#ending-left") == "1:40"
    page.click("#ending button")
    page.wait_for_selector("#ending", state="hidden")
    assert rig.client.get("/calls").status_code == 303  # another browser's
    rig.clock.passed_s += IDLE_S - 1
    page.reload()
    rig.clock.passed_s += IDLE_S
    page.clock.run_for(16_000)
    page.wait_for_url(f"{site}/sign-in?next=*calls")


@pytest.mark.parametrize("language", LOCALES)
def test_at_four_times_the_size_nothing_runs_off_the_side(rig, site, browse, language):
    """1 280 px at 400 % are 320 px (WCAG 1.4.10)."""
    row = rig.add(call(gaps=[{"at_s": 9.0, "lost_s": 0.2}]), speechlike())
    rig.show(lines=[line(1, "line_down"), line(2, "in_call", number="0313701234")], button_line=2)
    rig.alarm()
    page = browse(language, width=320)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page.goto(f"{site}/sign-in")
    assert page.evaluate(over) == 0
    sign_in(page, site)
    for path in ("/", "/calls", "/health", "/people", "/passphrase", "/nope", f"/calls/{row.id}"):
        page.goto(site + path)
        assert page.evaluate(over) == 0, path
    open_recording(page)
    assert page.evaluate(over) == 0


def test_targets_are_large_enough_and_what_has_the_focus_is_seen(rig, site, browse):
    row = rig.add(call(), speechlike())
    rig.show(lines=[line(1)], button_line=1)
    page = browse()
    sign_in(page, site)
    for path in ("/", "/calls", "/people", "/people/p1/remove", f"/calls/{row.id}"):
        page.goto(site + path)
        for control in page.locator("button:visible, select:visible, .field input:visible").all():
            box = control.bounding_box()
            if control.get_attribute("type") == "radio":
                box = control.locator("xpath=..").bounding_box()
            assert box["height"] >= 44, (path, control.get_attribute("id"))
        for _ in range(12):
            page.keyboard.press("Tab")
            tag, style, width = page.evaluate(
                "(e => (s => [e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)])"
                "(getComputedStyle(e)))(document.activeElement)"
            )
            assert tag == "BODY" or (style == "solid" and width >= 3), (path, tag)


def test_names_and_notes_are_text_whatever_is_in_them(rig, site, browse):
    bad = "<img src=x onerror=alert(1)>"
    hold = Hold(bad, bad, "2027-03-31", "2026-11-23", "8①").to_text()
    row = rig.add(call(line_name=bad, hold=hold), speechlike())
    rig.show(lines=[replace(line(1), name=bad)])
    page = browse()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    sign_in(page, site)
    assert bad in page.inner_text("#line-1")
    page.goto(f"{site}/calls/{row.id}")
    page.fill("#note", bad)
    open_recording(page)
    assert page.inner_text("main").count(bad) == 4


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("policy", ["osan", "goshogawara"])
def test_the_bar_of_pages_is_one_row_on_a_screen_of_1024(tmp_path, browse, policy, language):
    """For whoever is shown the most of them."""
    rig = Rig(tmp_path, policy=policy)
    rig.registry.change("p1", role="head operator")
    rows = "new Set([...document.querySelectorAll('.pages a')].map(a => a.offsetTop)).size"
    with served(rig) as site:
        page = browse(language)
        sign_in(page, site)
        assert page.locator(".pages a").count() >= 11
        assert page.evaluate(rows) == 1
    rig.close()
