"""docs/openapi.json says what the page's routes are."""

import re
from pathlib import Path

import pytest

from tests.web_min.openapi import FORMS, QUERY, document, fields, written
from tests.web_min.rig import Rig

ROOT = Path(__file__).parents[2]
#: A field that is asked for by its name; the acts' own fields are read from their tables.
ASKED = re.compile(
    r'forms\.(?:text|secret)\(\s*"(\w+)"|request\.(?:form|args)\.get(?:list)?\("(\w+)"'
)


@pytest.fixture
def app(tmp_path):
    rig = Rig(tmp_path)
    yield rig.app
    rig.close()


def test_the_file_is_that_of_the_routes(app):
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == written(app)


def test_whoever_is_not_signed_in_is_let_in_nowhere_else(app):
    made = document(app)["paths"]
    opened = {path for path, ways in made.items() for way in ways.values() if not way["security"]}
    assert opened == {
        "/join",
        "/language/{code}",
        "/notice",
        "/setup",
        "/sign-in",
        "/sign-in/code",
    }


def test_every_field_that_the_code_asks_for_is_told():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "web_min").glob("*.py"))
    asked = {one or other for one, other in ASKED.findall(code)}
    told = {name for endpoint in FORMS for name in fields(endpoint)}
    told |= {name for names in QUERY.values() for name in names} | {"token"}
    assert asked <= told
