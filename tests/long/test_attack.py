"""Public attack tools at the page of a running demo, signed in as its administrator.

Run by `make attack-test`; the figures are in docs/measurements.md.
"""

import http.cookiejar
import json
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.appliance.test_demo import LIMIT_S, Demo
from tests.waiting import wait_for

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".attack"
PASSPHRASE = "correct horse battery"
TOKEN = re.compile(r'name="token" value="([^"]+)"')
#: What tells of a fault: the others hold that an address with an unknown field must be refused,
#: and that what a schema allows must be taken.
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "response_headers_conformance"),
    *("ignored_auth", "unsupported_method", "use_after_free"),
)
#: Of wapiti's, those that call nobody outside. A demo speaks no TLS, so its cookies are not Secure;
#: csrf sends a form with its type twice, gets 400 with the right token too, and takes that for a
#: token that is not looked at: test_guard.py has that.
MODULES = "xss,permanentxss,file,redirect,sql,timesql,exec,crlf,backup,htp,http_headers"
#: Where guessing is held up: after a few tries all that is answered is to wait.
UNASKED = ("/sign-in", "/sign-in/code", "/join", "/setup", "/passphrase", "/sign-out")
#: What a field must hold for its page to be there.
TYPED = {"month": "2026-11", "from": "2026-11-01", "to": "2026-11-30"}


class Page(Demo):
    """A demo, and somebody signed in at it."""

    def __init__(self, folder):
        super().__init__(folder)
        self.url = f"http://127.0.0.1:{self.port}"
        said = iter(self.process.stdout)
        code = next(line.split()[2] for line in said if line.startswith("One-time code"))
        self.rest = threading.Thread(target=lambda: list(said), daemon=True)
        self.rest.start()
        self.cookies = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        wait_for(lambda: self.page("/setup"), LIMIT_S)
        token = TOKEN.search(self.get("/setup"))[1]
        self.post("/setup", token=token, code=code, name="박관리", again=PASSPHRASE)
        self.token = TOKEN.search(self.get("/calls"))[1]
        self.cookie = "; ".join(f"{one.name}={one.value}" for one in self.cookies)

    def get(self, path):
        return self.browser.open(self.url + path).read().decode()

    def post(self, path, **form):
        data = urllib.parse.urlencode({"passphrase": PASSPHRASE, **form}).encode()
        return self.browser.open(self.url + path, data=data).read().decode()

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.rest.join()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    made = Page(tmp_path_factory.mktemp("attack"))
    yield made
    made.close()


def schema_for(page):
    """Return the routes with what a stranger could not guess: the token, and calls there are."""
    schema = json.loads((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    calls = [*(call.id for call in wait_for(page.calls, LIMIT_S)[:2]), "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
    for ways in schema["paths"].values():
        for way in ways.values():
            for one in way.get("parameters", ()):
                if one["name"] == "call_id":
                    one["schema"]["enum"] = calls
                if one["name"] == "line":
                    one["schema"] |= {"minimum": 0, "maximum": 9}
            for content in way.get("requestBody", {}).get("content", {}).values():
                content["schema"]["properties"]["token"]["enum"] = [page.token]
    return schema


def run(folder, *command):
    """Run a tool in a folder of its own: some leave their caches where they are started."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=900
    )
    return done.returncode, done.stdout + done.stderr


def test_schemathesis(page, tmp_path):
    schema = tmp_path / "openapi.json"
    schema.write_text(json.dumps(schema_for(page)))
    code, said = run(
        tmp_path,
        TOOLS / "schemathesis" / "bin" / "st",
        *("run", schema, "--url", page.url, "--header", f"Cookie: {page.cookie}"),
        *("--checks", ",".join(CHECKS), "--exclude-path", "/sign-out"),
        *("--max-examples", "50", "--seed", "1", "--no-color"),
    )
    print(said[said.rfind("= SUMMARY ") :])
    assert code == 0, said


def test_wapiti(page, tmp_path):
    report = tmp_path / "report.json"
    code, said = run(
        tmp_path,
        TOOLS / "wapiti" / "bin" / "wapiti",
        *("-u", f"{page.url}/", "--header", f"Cookie: {page.cookie}", "--scope", "folder"),
        *("-m", MODULES, "--dns-endpoint", "127.0.0.1", "--flush-session"),
        *("-x", f"{page.url}/sign-out", "-f", "json", "-o", report, "--no-bugreport"),
        *("--max-scan-time", "120", "--max-attack-time", "20", "--store-session", tmp_path),
    )
    assert code == 0, said
    found = json.loads(report.read_text())
    faults = {name: each for name, each in found["vulnerabilities"].items() if each}
    print("wapiti:", len(found["infos"]) and found["infos"]["crawled_pages_nbr"], "pages", faults)
    assert not faults and not any(found["anomalies"].values()), (faults, found["anomalies"])


def test_sqlmap(page, tmp_path):
    for path, names in asked("get"):
        sqlmap(tmp_path, page, "-u", f"{page.url}{path}?{typed(names)}")
    for path, names in asked("post"):
        # A token that is not right is told at once: nothing comes past it.
        form = f"token={page.token}&{typed(names)}"
        sqlmap(tmp_path, page, "-u", f"{page.url}{path}", "--data", form, "--skip", "token")


def asked(method):
    """Yield each address that needs no id, and the fields that it is asked with."""
    paths = json.loads((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    for path, ways in paths.items():
        way = ways.get(method)
        if way is None or "{" in path or path in UNASKED:
            continue
        names = [one["name"] for one in way.get("parameters", ()) if one["in"] == "query"]
        for content in way.get("requestBody", {}).get("content", {}).values():
            names += [name for name in content["schema"]["properties"] if name != "token"]
        if names:
            yield path, names


def typed(names):
    return urllib.parse.urlencode({name: TYPED.get(name, "1") for name in names})


def sqlmap(folder, page, *what):
    code, said = run(
        folder,
        *(TOOLS / "wapiti" / "bin" / "sqlmap", *what, "--cookie", page.cookie, "--batch"),
        *("--level", "1", "--flush-session", "--output-dir", folder, "--disable-coloring"),
        *("--ignore-code", "400,403,404,409"),
    )
    print("sqlmap:", *what[1:2])
    assert code == 0, said
    assert "do not appear to be injectable" in said, said
