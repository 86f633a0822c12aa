"""A clear page for each thing that cannot be done, and nothing else on it."""

import logging
from typing import Final

from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from appliance import alarms
from appliance.api import Alarm
from appliance.call_list import CallListAway
from appliance.words import N_
from web_min import guard, languages
from web_min.languages import gettext as _

log = logging.getLogger(__name__)

#: Title and advice by status.
PAGES: Final = {
    400: (
        N_("This form is out of date"),
        N_("Nothing was done. Go back, load the page again and send the form once more."),
    ),
    401: (N_("You are not signed in"), N_("Sign in, then try again.")),
    403: (
        N_("You may not do this"),
        N_("Nothing was done. Your role has no right to it, or a step before it is missing."),
    ),
    404: (
        N_("There is no such page or call"),
        N_("Check the address. A call that has been erased may no longer be in the list."),
    ),
    405: (N_("This cannot be done here"), N_("Go back and use the page's own buttons.")),
    413: (N_("That is too much"), N_("Nothing was done. Shorten what you typed.")),
    421: (
        N_("Unknown address"),
        N_("Open this page by the name or address that the installer set up for it."),
    ),
    500: (
        N_("Something went wrong on the box"),
        N_("Recording goes on. If it happens again, tell the installer when it happened."),
    ),
}


def prepare(app: Flask) -> None:
    """Give an application its error pages."""
    app.register_error_handler(HTTPException, _show)
    app.register_error_handler(CallListAway, _show_away)
    app.register_error_handler(Exception, _fault)


def _show(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if request.endpoint in guard.BARE:
        return Response(_title(status), status, mimetype="text/plain")
    advice = PAGES.get(status, PAGES[500])[1]
    page = render_template("error.html", status=status, title=_title(status), advice=_(advice))
    answer = Response(page, status, mimetype="text/html")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _show_away(error: Exception) -> ResponseReturnValue:
    alarm = Alarm("calls_away", "", "", facts={"wrong": str(error)})
    kind = alarms.kind_of(alarm.what)
    advice = f"{_(kind.remedy)} {alarms.detail_of(alarm, _)}"
    return render_template("error.html", status=503, title=_(kind.title), advice=advice), 503


def _fault(error: Exception) -> ResponseReturnValue:
    log.error("%s %s", request.method, request.endpoint, exc_info=error)
    return _show(HTTPException())


def _title(status: int) -> str:
    if "language" not in g:  # the error came before the guard had chosen
        g.language = languages.choose("en")
    return _(PAGES.get(status, PAGES[500])[0])
