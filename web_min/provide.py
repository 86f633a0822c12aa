"""A copy is made for an approved request, and saved by whoever hands it over."""

import io
import logging
import zipfile
from hashlib import sha256

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as Answer

from appliance.api import NoSuchCall, RecorderAway
from appliance.export import Holder, Taker, new_package_pass
from appliance.index_row import CallRow
from appliance.office.clerk import Given
from appliance.office.documents import Facts, Request
from appliance.paper import CannotPrint
from appliance.playback import CannotOpen
from web_min import forms, office, requests
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

log = logging.getLogger(__name__)

bp = Blueprint("provide", __name__, url_prefix="/requests")


@bp.post("/<request_id>/provide")
def make(request_id: str) -> Answer | tuple[str, int]:
    """Make the copy, and enter that it was provided; it is saved from the request's page."""
    return _make(requests.find(request_id), "provide", {})


@bp.post("/<request_id>/provide_again")
def again(request_id: str) -> Answer | tuple[str, int]:
    """Make the copy anew: what was made before is there no more, and was not saved in time."""
    return _make(requests.find(request_id), "provide_again", {"reason": forms.prose("reason")})


@bp.get("/<request_id>/copy.zip")
def save(request_id: str) -> Response:
    """Send what this session has made; each time is entered with the request as its reason."""
    found = requests.find(request_id)
    package = parts().packages.get(signed_in().id, request_id)
    made = package is not None
    office.only_if(made, office.provision_clause(), why="not_opened", status=404)
    assert package is not None
    digest = sha256(package.content).hexdigest()
    facts = {"request": found.id, "sha256": digest}
    parts().notebook.note("download", signed_in().person_id, **facts)
    response = Response(package.content, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{package.name}"'
    return response


def _make(found: Request, act: str, said: Facts) -> Answer | tuple[str, int]:
    asked = Given({**said, "file": "."})
    errors = office.attempt(lambda: parts().clerk.check(office.actor(), found, act, asked))
    if errors:
        return requests.page(found, errors, act), 400 if "reason" in errors else 403
    try:
        made = _packed(found)
    except RecorderAway:
        away = _("The recorder does not answer, so no copy can be made. Try again later.")
        return requests.page(found, {"main": away}, act), 503
    except NoSuchCall:
        gone = _("There is no key for this recording any more: it has been erased.")
        return requests.page(found, {"main": gone}, act), 410
    except CannotOpen:
        damaged = _(
            "A recording of it is damaged, so no copy is handed out. Tell the administrator, who"
            " can put back a copy of that day; until then what is left of it can be heard."
        )
        return requests.page(found, {"main": damaged}, act), 500
    except CannotPrint as wrong:
        unprinted = _("The copy cannot be made: %(why)s") % {"why": wrong}
        return requests.page(found, {"main": unprinted}, act), 500
    return _made(found, act, said, made)


def _made(
    found: Request, act: str, said: Facts, made: tuple[bytes, str]
) -> Answer | tuple[str, int]:
    """Enter what was made, and keep it for whoever made it."""
    given = Given({**said, "file": sha256(made[0]).hexdigest()})
    errors = office.attempt(lambda: parts().clerk.do(office.actor(), found, act, given))
    if errors:  # somebody else was quicker: what was made is thrown away
        return requests.page(found, errors, act), 409
    name = f"kirok-{found.id}.zip"
    parts().packages.put(signed_in().id, found.id, name, made)
    return redirect(url_for("requests.show", request_id=found.id, _anchor="copy"), code=303)


def _packed(found: Request) -> tuple[bytes, str]:
    """Return the copy of every call that a request names, and what opens it."""
    passphrase = forms.text("passphrase") or new_package_pass()
    session = signed_in()
    taker = Taker(session.name, "", found.id, passphrase)
    holder = Holder(session.person_id, session.secret, taker)
    made = [(row, _package(row, holder)) for row in office.calls_of(found)]
    return (made[0][1] if len(made) == 1 else _together(made)), passphrase


def _package(row: CallRow, holder: Holder) -> bytes:
    try:
        return parts().make_package(row, holder)
    except CannotOpen as error:
        log.error("call %s: %s", row.id, error)
        office.tell_opened(row, whole=False)
        raise


def _together(made: list[tuple[CallRow, bytes]]) -> bytes:
    """Put several packages into one file: each inside proves itself."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for row, package in made:
            archive.writestr(zipfile.ZipInfo(f"{row.id}.zip"), package)
    return whole.getvalue()
