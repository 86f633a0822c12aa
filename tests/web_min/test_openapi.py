"""docs/openapi.yaml says of every route what is true of it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.web_min.tour import furnished, pages
from web_min.guard import OPEN

#: YAML in its JSON form, so that no reader of YAML is needed.
SPEC = json.loads((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text("utf-8"))
STAND_INS = {"integer": "3", "string": "none"}


def operations():
    return {
        (path, method.upper()): operation
        for path, methods in SPEC["paths"].items()
        for method, operation in methods.items()
    }


def parameters(operation, where):
    found = operation.get("parameters", ())
    return {each["name"]: each["schema"] for each in found if each["in"] == where}


def template(rule):
    return re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule)


class Forms(HTMLParser):
    """Attributes: found: (method, action, names of the fields) of each form."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.found.append((said.get("method", "get").upper(), said.get("action"), set()))
        elif tag in ("input", "select", "textarea") and said.get("name") and self.found:
            self.found[-1][2].add(said["name"])


@pytest.fixture(params=["osan", "goshogawara"])
def hall(request, tmp_path):
    made = furnished(tmp_path, request.param)
    yield made
    made.close()


def test_it_has_the_routes_that_there_are_and_who_may_come_without_a_session(rig):
    there = {}
    for rule in rig.app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            there[template(rule.rule), method] = rule
    assert set(operations()) == set(there)
    for route, operation in operations().items():
        rule = there[route]
        assert operation["operationId"].partition(".post")[0].removesuffix(".get") == rule.endpoint
        assert operation["security"] == ([] if rule.endpoint in OPEN else [{"session": []}])
        assert set(parameters(operation, "path")) == rule.arguments
        acts = re.search(r"any\((.*)\)", rule.rule)
        if acts:
            assert parameters(operation, "path")["act"]["enum"] == acts[1].split(", ")
    (scheme,) = SPEC["components"]["securitySchemes"].values()
    assert (scheme["in"], scheme["name"]) == ("cookie", rig.site.cookie)


def test_it_has_every_field_of_every_form_that_somebody_is_shown(hall):
    ways = [
        (re.sub(r"\\{\w+\\}", "[^/]+", re.escape(p)), m, o) for (p, m), o in operations().items()
    ]
    seen = set()
    for who in ["", *hall.people]:
        client = hall.people[who] if who else hall.app.test_client()
        for address in pages(hall, who):
            for method, action, names in Forms(hall.get(address, client).text).found:
                path = (action or address).partition("?")[0]
                fit = [o for way, m, o in ways if m == method and re.fullmatch(way, path)]
                assert fit, (method, path)
                known = set()
                for each in fit:
                    known |= set(parameters(each, "query"))
                    body = each.get("requestBody", {"content": {}})["content"]
                    for form in body.values():
                        known |= set(form["schema"]["properties"])
                assert names <= known, (method, path, names - known)
                seen |= {each["operationId"] for each in fit}
    assert len(seen) > 15


def test_what_is_answered_is_what_it_says(hall):
    """To nobody and to each role, with nothing sent but the form's token."""
    for (path, method), operation in operations().items():
        if operation["operationId"] in ("sign_in.out", "static"):
            continue
        fill = {n: STAND_INS[s["type"]] for n, s in parameters(operation, "path").items()}
        if "act" in fill:
            fill["act"] = parameters(operation, "path")["act"]["enum"][0]
        at = path.format(**fill)
        for client in (hall.app.test_client(), *hall.people.values()):
            answer = hall.get(at, client) if method == "GET" else hall.post(at, client)
            said = (method, at, answer.status_code)
            assert str(answer.status_code) in operation["responses"], said
            assert answer.status_code < 500, said
