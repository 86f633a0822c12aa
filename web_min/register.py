"""The register of what was viewed and provided: it fills itself; on the page, as PDF and as CSV."""

from flask import Blueprint, Response, render_template

from appliance.office.documents import Request
from appliance.office.forms import LISTED, Values, as_csv
from web_min import office, words
from web_min.parts import parts, signed_in

bp = Blueprint("register", __name__, url_prefix="/register")


@bp.before_request
def _for_those_who_keep_it() -> None:
    office.only_if(office.sees_all(), office.provision_clause(), status=404)


@bp.get("")
def show() -> str:
    return render_template("register.html", rows=_values()["rows"], columns=LISTED)


@bp.get("/register.pdf")
def printed() -> Response:
    """Return the register as the rule's own form, A4 landscape."""
    provision = parts().profile.provision
    form = provision.register if provision else ""
    office.only_if(bool(form), office.provision_clause(), why="not_in_rule", status=404)
    return office.printed(form, _values())


@bp.get("/register.csv")
def table() -> Response:
    """Return the register for a spreadsheet; taking it out is entered."""
    parts().notebook.note("register_export", signed_in().person_id)
    titles = [str(words.word(words.REGISTER_COLUMNS, column)) for column in LISTED]
    response = Response(as_csv(_values(), titles), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="register.csv"'
    return response


def _values() -> Values:
    every = parts().cabinet.all(Request)
    return office.forms().register((each, office.calls_of(each)) for each in every)
