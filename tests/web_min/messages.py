"""Every message of the page, from its templates and its code."""

import ast
from pathlib import Path

from jinja2 import Environment

import web_min

FOLDER = Path(web_min.__file__).parent
MARKS = {"N_", "_", "gettext", "ngettext"}


def of_templates():
    env = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
    for path in sorted((FOLDER / "templates").glob("*.html")):
        for _, _, message in env.extract_translations(path.read_text(encoding="utf-8")):
            yield tuple(m for m in message if m) if isinstance(message, tuple) else (message,)


def of_code():
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
                texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
                strings = tuple(t for t in texts if isinstance(t, str))
                if strings:
                    yield strings


def all_messages():
    """Return each message once: (singular,) or (singular, plural), in the order of the page."""
    return list(dict.fromkeys([*of_templates(), *of_code()]))
