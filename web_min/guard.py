"""What every request passes before its page, and every answer before it leaves.

In: a host name that is ours, a first administrator, a session, a form of our own.
Out: headers that let the page use nothing but its own files and let nobody keep or frame it.

Source: OWASP HTTP Headers Cheat Sheet; W3C Content Security Policy Level 3; Fetch Metadata.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response

from appliance import address
from web_min import languages
from web_min.acts import ACTS
from web_min.parts import LOOPBACK, factor_due, parts
from web_min.sessions import new_id

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

#: Open to those who are not signed in; nothing in them tells of a call, a line or a person.
OPEN: Final = frozenset(
    {
        "static",
        "sign_in.form",
        "sign_in.language",
        "set_up.form",
        "join.form",
        "factor.ask",
        "public.notice",
    }
)
#: Open to those who must set up a second factor first; the clock has to be right for it.
BEFORE_FACTOR: Final = OPEN | {
    "factor.form",
    "factor.qr",
    "sign_in.out",
    "sign_in.left",
    "sign_in.stay",
    "health.show",
    "health.confirm_clock",
}
#: While there is no first administrator.
BEFORE_SET_UP: Final = frozenset({"static", "sign_in.language", "set_up.form"})
#: Asked for by scripts and players: without a session they get a bare 401, not a form.
BARE: Final = frozenset(
    {"board.now", "sign_in.left", "sign_in.stay", "listen.ogg", "listen.wav", "listen.shape"}
)
#: Asked for by the page itself, with nobody there: does not keep a session alive.
UNATTENDED: Final = frozenset({"board.now", "sign_in.left"})


def put_before(app: Flask) -> None:
    """Make every request and answer of an application pass here."""
    app.before_request(_begin)
    app.before_request(_check)
    app.teardown_request(_leave)
    app.after_request(_seal)


def local_path(text: str | None) -> str:
    """Return a path of our own to go on to, or "/" for anything else."""
    path = text or ""
    parsed = urlsplit(path)
    # Browsers take a backslash for a slash, and pass over control characters and spaces.
    odd = "\\" in path or any(ord(c) < 33 or ord(c) == 127 for c in path)
    foreign = parsed.scheme or parsed.netloc or not path.startswith("/") or path.startswith("//")
    return "/" if odd or foreign else path


def tried() -> str:
    """Return what the request in hand asks for, in words of our own: "requests.do.approve"."""
    act = (request.view_args or {}).get("act", "")
    return f"{request.endpoint}.{act}" if act in ACTS else str(request.endpoint)


def form_token() -> str:
    """Return the token that this browser's forms carry; begins a visit for one not known yet."""
    if not g.browser:
        g.browser = g.new_browser = new_id()
    return parts().tokens.make(g.browser)


def _begin() -> None:
    address.begin(request.remote_addr or "")


def _leave(error: BaseException | None) -> None:
    address.begin("")


def _check() -> Response | None:
    g.language = languages.choose(parts().site.language)
    g.session, g.new_browser = None, ""
    g.browser = request.cookies.get(parts().site.cookie, "")
    if _host(request.headers.get("Host", "")) not in parts().site.hosts | LOOPBACK:
        abort(421)
    if isinstance(request.routing_exception, MethodNotAllowed):
        raise request.routing_exception
    if request.endpoint == "static":
        return None
    if not parts().registry.people():
        if request.endpoint in BEFORE_SET_UP:
            _check_form()
            return None
        return _bare_or(url_for("set_up.form"))
    attended = request.endpoint not in UNATTENDED
    g.session = parts().sessions.find(g.browser, touch=attended) if g.browser else None
    if g.session is None and request.endpoint not in OPEN:
        _note_refused("no_session")
        return _bare_or(url_for("sign_in.form", next=_way_back()))
    _check_form()
    if g.session and request.endpoint not in BEFORE_FACTOR and factor_due():
        _note_refused("no_factor")
        return _bare_or(url_for("factor.form"))
    return None


def _check_form() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    # Browsers say where a request comes from; those that do not are held to the token alone.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        _note_refused("stale_form")
        abort(400, "foreign form")
    if not parts().tokens.good(g.browser, request.form.get("token", "")):
        _note_refused("stale_form")
        abort(400, "stale form")


def _note_refused(why: str) -> None:
    """Enter that a request did not come past here; not of what everybody begins with."""
    if request.endpoint is None or request.endpoint in UNATTENDED | OPEN | {"board.show"}:
        return
    if not parts().strangers.may_pass():
        return
    person = g.session.person_id if g.session else ""
    parts().notebook.note("refused", person, why=why, what=tried())


def _bare_or(address: str) -> Response:
    if request.endpoint in BARE:
        abort(401)
    return redirect(address, code=303)


def _way_back() -> str | None:
    """Return where to go after signing in; what was being sent is not sent again."""
    if request.method != "GET" or request.path == "/":
        return None
    return request.full_path.rstrip("?")


def _host(header: str) -> str:
    """Return a Host header's name without its port, in lower case."""
    name, colon, port = header.lower().rpartition(":")
    return name if colon and port.isdigit() else header.lower()


def _seal(response: Response) -> Response:
    response.headers.update(HEADERS)
    static = request.endpoint == "static"
    # Files of the page are the same for everybody; all else must not stay in a shared browser.
    response.headers["Cache-Control"] = "no-cache" if static else "no-store"
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = languages.language()
        response.headers["Vary"] = "Accept-Language, Cookie"
    if g.get("new_browser"):
        set_browser(response, g.new_browser)
    return response


def set_browser(response: Response, browser: str) -> None:
    """Give the browser its id: for this sitting, for our page alone, out of reach of scripts."""
    site = parts().site
    response.set_cookie(
        site.cookie, browser, secure=site.behind_tls, httponly=True, samesite="Strict", path="/"
    )
