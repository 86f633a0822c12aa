"""Each life cycle of a city's documents and each refusal, walked in Chromium by whom it concerns.

A city is a file of `walks`: its people, and walks of one step a line.

    who | address | act | fields | outcome
    unit_head | /requests/new | new | kind=view; reason=... | ok
    head | /requests/r1 | !pledge | signed=1 | not_yours       "!": the page does not offer it
    head | /media/m1 | ~issue | recipient=p9 | not_a_recipient      "~": but not with this choice

An outcome is "ok", or why it was refused: then the ledger says so under who tried, the registry is
as it was, and the page says it in words. "- | | days | 31 |" lets days pass. "see" looks for words,
"lacks" for what there must not be, as a selector of CSS.
"""

import re
import tomllib
from pathlib import Path

import pytest

from appliance.office.documents import Request
from tests.regulations.hall import Hall
from tests.web_min.rig import call
from tests.web_min.test_browser import browse, chromium, served
from tests.web_min.test_browser import pytestmark as needs_chromium

__all__ = ["browse", "chromium"]

pytestmark = [*needs_chromium, pytest.mark.long]

FOLDER = Path(__file__).parent / "walks"
CITIES = {path.stem: tomllib.loads(path.read_text()) for path in sorted(FOLDER.glob("*.toml"))}
WALKS = [(city, name) for city, said in CITIES.items() for name in said["walk"]]
#: A name of the program's that nobody has put into words; addresses and keys of files are none.
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b")

SEND = """([action, fields, token]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = action;
    for (const [name, value] of [["token", token], ...fields]) {
        const input = document.createElement("input");
        input.name = name;
        input.value = value;
        form.append(input);
    }
    document.body.append(form);
    form.submit();
}"""


class Walk:
    def __init__(self, hall, site, browse, language):
        self.hall, self.site, self.browse, self.language = hall, site, browse, language
        self.windows = {}

    def window(self, who):
        if who not in self.windows:
            page = self.windows[who] = self.browse(self.language)
            cookie = self.hall.people[who].get_cookie(self.hall.site.cookie)
            saved = {"name": cookie.key, "value": cookie.value, "url": self.site}
            page.context.add_cookies([saved])
        return self.windows[who]

    def step(self, who, address, act, fields, outcome):
        if who == "-":
            self.time(act, fields)
            return
        page = self.window(who)
        refusals = len(self.hall.recorder.notes("refused"))
        page.goto(self.site + self.named(address))
        self.read(page)
        if act == "shut":
            noted = self.hall.recorder.notes("refused")[refusals:]
            assert [(n[1], n[2]["why"]) for n in noted] == [(self.hall.ids[who], outcome)]
        elif act == "save":
            self.save(page)
        elif act == "see":
            assert self.named(fields) in page.inner_text("main")
        elif act == "lacks":
            assert page.locator(fields).count() == 0
        else:
            self.act(who, page, act, fields, outcome)

    def act(self, who, page, act, fields, outcome):
        before, refusals = self.hall.path.read_bytes(), len(self.hall.recorder.notes("refused"))
        typed = [pair.strip().split("=", 1) for pair in self.named(fields).split(";") if pair]
        if act[0] in "!~":
            assert act[0] == "~" or not self.forms(page, act[1:]).count(), "it is offered"
            self.forge(who, page, act[1:], typed)
        else:
            self.fill(page, act, typed)
        self.read(page)
        noted = self.hall.recorder.notes("refused")[refusals:]
        if outcome == "ok":
            assert (noted, page.locator(".error:visible").all_inner_texts()) == ([], [])
        else:
            assert [(n[1], n[2]["why"]) for n in noted] == [(self.hall.ids[who], outcome)]
            assert self.hall.path.read_bytes() == before

    def forge(self, who, page, act, typed):
        """Send what the page has no form for."""
        token = self.hall.token(self.hall.people[who])
        with page.expect_navigation():
            page.evaluate(SEND, [f"{page.url.partition('#')[0]}/{act}", typed, token])

    def save(self, page):
        with page.expect_download() as saved:
            page.click("#copy a.button")
        assert Path(saved.value.path()).read_bytes()[:2] == b"PK"

    def forms(self, page, act):
        return page.locator(
            f'main form[method=post][action$="/{act}"],'
            f' main form:has(button[formaction$="/{act}"]),'
            f' main form[action*="/{act}?"]'
        )

    def fill(self, page, act, typed):
        form = self.forms(page, act).last
        form.wait_for(state="attached")
        if not form.is_visible():
            form.locator("xpath=ancestor::details/summary").last.click()
        for name, value in typed:
            field = form.locator(f'[name="{name}"]')
            if field.first.get_attribute("type") in ("radio", "checkbox"):
                form.locator(f'[name="{name}"][value="{value}"]').check()
            else:
                field.first.fill(value)
        special = form.locator(f'button[formaction$="/{act}"]')
        with page.expect_navigation():
            (special if special.count() else form.locator("button:not([formaction])")).click()

    def time(self, act, fields):
        if act in ("days", "minutes"):
            self.hall.days(int(fields) / (1 if act == "days" else 1440))
            self.windows = {}
        elif act == "call":
            part = {"at_s": 12.0, "audio_s": 0.0, "until_s": 28.2, "by": fields, "agreed": "2.3"}
            row = call(7, 50, why=fields, mode="selective", stretches=[part])
            self.hall.add(row)
            self.hall.ids["newest"] = row.id
        else:
            self.hall.erase()
        self.hall.parts.rounds.make()

    def read(self, page):
        """Find nothing that is not in words."""
        assert not RAW.findall(page.inner_text("body"))

    def named(self, text):
        ids = {f"{who}_id": person for who, person in self.hall.ids.items()}
        requests = self.hall.parts.cabinet.all(Request)
        made = [copy.facts["file"] for each in requests for copy in each.copies] or [""]
        copies = {"first_sha256": made[0], "sha256": made[-1]}
        return text.format(call=self.hall.recorded.id, **copies, **ids)


def steps(text):
    for line in text.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


@pytest.mark.parametrize("language", ["own", "en"])
@pytest.mark.parametrize(("city", "name"), WALKS)
def test_walk(tmp_path, browse, city, name, language):
    said = CITIES[city]
    people = {who: tuple(each) for who, each in said["people"].items()}
    hall = Hall(tmp_path, said["policy"], people, said["first_department"])
    try:
        with served(hall) as site:
            spoken = said["language"] if language == "own" else language
            walk = Walk(hall, site, browse, spoken)
            for n, cells in enumerate(steps(said["walk"][name]), 1):
                try:
                    walk.step(*cells)
                except Exception as error:
                    error.add_note(f"{name}, step {n}: {' | '.join(cells)}")
                    raise
    finally:
        hall.close()
