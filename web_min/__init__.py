"""The small local page."""

from flask import Flask

from web_min import (
    board,
    calls,
    errors,
    guard,
    health,
    join,
    listen,
    passphrase,
    people,
    requests,
    set_up,
    sign_in,
    templating,
)
from web_min.parts import Parts


def create_app(parts: Parts) -> Flask:
    """Return the page as a WSGI application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # our largest form has a few hundred characters
    app.extensions["kirok"] = parts
    guard.put_before(app)
    templating.prepare(app)
    errors.prepare(app)
    areas = (set_up, sign_in, join, board, calls, listen, requests, people, passphrase, health)
    for area in areas:
        app.register_blueprint(area.bp)
    return app
