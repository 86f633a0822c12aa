"""The page's routes as an OpenAPI document: docs/openapi.json.

    python -m tests.web_min.openapi > docs/openapi.json

Methods, paths and who may come in are the application's own; fields are told here, and a test
holds them against the forms' code. It is for attack tools and for whoever reviews the page: the
answers are pages for people, not an interface for programs.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

from tests.web_min.rig import Rig
from web_min import search
from web_min.acts import LINE_ACTS, MEDIUM_ACTS, REQUEST_ACTS, RESTRICTION_ACTS
from web_min.guard import BARE, OPEN

_COOKIE = "kirok"

#: endpoint → the acts of its path's last part.
ACTS = {
    "requests.do": REQUEST_ACTS,
    "lines.do": LINE_ACTS,
    "media.do": MEDIUM_ACTS,
    "restrictions.do": RESTRICTION_ACTS,
}
_MONTH = "month person kind before"
#: endpoint → fields of its address's query.
QUERY = {
    "calls.index": [*search.FIELDS, "before"],
    "requests.show": [*search.FIELDS, "before"],
    "requests.new": ["call"],
    "sign_in.form": ["next"],
    "sign_in.language": ["next"],
    "log.show": _MONTH.split(),
    "log.table": ["month", "reason"],
}
_NEW = "passphrase again"
#: endpoint → fields of its form, beside the token that each has.
FORMS = {
    "board.press_button": "",
    "health.confirm_clock": "",
    "health.seen": "what where",
    "health.test": "",
    "holds.hold": "reason until",
    "holds.release": "reason",
    "join.form": f"name code {_NEW}",
    "listen.ask": "note",
    "lines.do": "applicant unit rank duty",
    "log.review": "month remarks",
    "media.register": "serial kind",
    "media.do": "",
    "notices.mark": "code note",
    "passphrase.form": f"current {_NEW}",
    "people.add": "name role department rank",
    "people.change": "role department rank",
    "people.renew": "",
    "people.reset_factor": "",
    "people.remove": "",
    "provide.make": "passphrase",
    "requests.new": "call kind ground purpose reason relation applicant unit rank born wanted"
    " proof_number proof_issuer proof_day",
    "requests.do": "calls",
    "restrictions.impose": "person ground reason",
    "restrictions.do": "",
    "factor.ask": "code",
    "factor.form": "code",
    "factor.replace": "code",
    "set_up.form": f"code name {_NEW}",
    "sign_in.form": "name passphrase",
    "sign_in.out": "",
    "sign_in.stay": "",
}
_ANSWERS = {
    200: "the page, or the file",
    204: "done; nothing to show",
    206: "a part of the sound, as asked for",
    302: "on to another page",
    303: "done, or not signed in: on to another page",
    304: "as before",
    308: "the address without what is too much",
    400: "what was typed cannot be taken: the page says why; or the form is not ours",
    401: "not signed in",
    403: "refused: the page says why",
    404: "there is no such thing, or not for this person",
    405: "not with this method",
    409: "the document has gone on meanwhile",
    410: "erased",
    413: "too much at once",
    416: "no such part of the sound",
    421: "this name is not the box's",
    429: "too many tries: wait",
    500: "the box has failed, and says so",
    503: "the recorder is away",
}
_GET = (200, 303, 304, 308, 400, 401, 403, 404, 405, 410, 416, 421, 500, 503)
_POST = (200, 204, 303, 400, 401, 403, 404, 405, 409, 410, 413, 421, 429, 500, 503)


def document(app):
    """Return the document of an application."""
    paths = {}
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if rule.endpoint == "static":
            continue
        address = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted(rule.methods & {"GET", "POST"}):
            paths.setdefault(address, {})[method.lower()] = _operation(app, rule, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kirok's page",
            "version": "1",
            "description": "Pages for people, on the box itself. Made from its routes.",
        },
        "servers": [{"url": "http://127.0.0.1:8000"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": _COOKIE}},
            "responses": {str(status): {"description": says} for status, says in _ANSWERS.items()},
        },
    }


def _operation(app, rule, method):
    view = app.view_functions[rule.endpoint]
    parameters = [_parameter(rule, name) for name in sorted(rule.arguments)]
    if method == "GET":
        names = QUERY.get(rule.endpoint, [])
        parameters += [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in names
        ]
    one = {
        "operationId": f"{rule.endpoint}.{method.lower()}",
        "summary": (view.__doc__ or rule.endpoint).strip().splitlines()[0],
        "security": [] if rule.endpoint in OPEN else [{"session": []}],
        "parameters": parameters,
        "responses": {
            str(status): {"$ref": f"#/components/responses/{status}"}
            for status in (_GET if method == "GET" else _POST)
            if status != 401 or rule.endpoint in BARE
        },
    }
    if method == "POST":
        names = {"token": None, **dict.fromkeys(fields(rule.endpoint))}
        content = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in names},
            "required": ["token"],
        }
        one["requestBody"] = {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": content}},
        }
    return one


def fields(endpoint):
    """Return the fields of an endpoint's form."""
    asks = [ask.name for act in ACTS.get(endpoint, {}).values() for ask in act.asks]
    return sorted({*FORMS[endpoint].split(), *asks})


def _parameter(rule, name):
    schema = {"type": "integer"} if f"<int:{name}>" in rule.rule else {"type": "string"}
    if name == "act":
        own = ["attach"] if rule.endpoint == "requests.do" else []  # it has a form of its own
        schema["enum"] = sorted([*own, *ACTS[rule.endpoint]])
    elif name == "code":
        schema["enum"] = ["en", "ja", "ko"]
    return {"name": name, "in": "path", "required": True, "schema": schema}


def written(app):
    """Return the document as it is in docs/openapi.json: a line for each method of a path."""
    made = document(app)
    paths = ",\n".join(
        f"  {_json(path)}: {{\n"
        + ",\n".join(f"   {_json(method)}: {_json(one)}" for method, one in ways.items())
        + "\n  }"
        for path, ways in made.pop("paths").items()
    )
    rest = ",\n".join(f" {_json(name)}: {_json(part)}" for name, part in made.items())
    return f'{{\n{rest},\n "paths": {{\n{paths}\n }}\n}}\n'


def _json(value):
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        sys.stdout.write(written(rig.app))
        rig.close()
