"""The small local page."""

from flask import Flask

from web_min import (
    board,
    calls,
    errors,
    factor,
    guard,
    health,
    holds,
    join,
    lines,
    listen,
    log,
    media,
    notices,
    passphrase,
    people,
    provide,
    public,
    register,
    requests,
    restrictions,
    rule,
    set_up,
    sign_in,
    templating,
)
from web_min.parts import Parts

#: Each has a blueprint and its templates.
AREAS = (
    board,
    calls,
    factor,
    health,
    join,
    listen,
    log,
    lines,
    media,
    restrictions,
    register,
    rule,
    public,
    notices,
    holds,
    passphrase,
    people,
    provide,
    requests,
    set_up,
    sign_in,
)


def create_app(parts: Parts) -> Flask:
    """Return the page as a WSGI application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # our largest form has a few hundred characters
    app.extensions["kirok"] = parts
    guard.put_before(app)
    templating.prepare(app)
    errors.prepare(app)
    for area in AREAS:
        app.register_blueprint(area.bp)
    return app
