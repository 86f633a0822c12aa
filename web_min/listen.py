"""Listening to a recording: first the request that opens it, in the ledger, then the sound."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from appliance.api import NoSuchCall, RecorderAway
from appliance.index_row import CallRow
from appliance.office.clerk import Refusal
from appliance.office.documents import Request
from appliance.office.hearing import opening_state
from appliance.playback import CannotOpen, Recording
from web_min import calls, forms, office, ranges, refusals
from web_min.audio import wav_bytes, wav_size, waveform
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

log = logging.getLogger(__name__)

bp = Blueprint("listen", __name__)

NOTE_MAX = 200


@bp.post("/calls/<call_id>/listen")
def ask(call_id: str) -> Response | tuple[str, int]:
    """Enter in the ledger under which request it is heard, and open it for this session."""
    call = calls.find(call_id)
    kept = bool(call.recorded and call.end and not call.erased)
    office.only_if(kept, parts().profile.retention.clause, why="no_call", status=404)
    try:
        opening = office.permit(call_id)
    except Refusal as refusal:
        office.note_refusal(refusal)
        return calls.page(call_id, {"listen": refusals.text(refusal)}), 403
    session = signed_in()
    try:
        asked = (call_id, session.person_id, "listen", _purpose(opening))
        key = parts().recorder.open_key(*asked, forms.text("note", NOTE_MAX))
        audio = _audio(call, session.secret, key)
    except RecorderAway:
        away = _("The recorder does not answer, so no recording can be opened. Try again later.")
        return calls.page(call_id, {"listen": away}), 503
    except NoSuchCall:
        gone = _("There is no key for this recording any more: it has been erased.")
        return calls.page(call_id, {"listen": gone}), 410
    except CannotOpen:
        damaged = _("This recording cannot be opened. Tell the administrator.")
        return calls.page(call_id, {"listen": damaged}), 500
    parts().opened.put(session.id, call_id, audio)
    _mark_viewed(opening)
    return redirect(url_for("calls.show", call_id=call_id, _anchor="listen"), code=303)


@bp.get("/calls/<call_id>/audio.opus")
def ogg(call_id: str) -> Response:
    audio = _opened(call_id)
    return _ranged(len(audio.ogg), "audio/ogg", lambda want: [audio.ogg[want.start : want.stop]])


@bp.get("/calls/<call_id>/audio.wav")
def wav(call_id: str) -> Response:
    audio = _opened(call_id)
    return _ranged(wav_size(audio), "audio/wav", lambda want: wav_bytes(audio, want))


@bp.get("/calls/<call_id>/waveform.svg")
def shape(call_id: str) -> Response:
    return Response(waveform(_opened(call_id).peaks.tolist()), mimetype="image/svg+xml")


def _audio(call: CallRow, secret: bytes, key: bytes) -> Recording:
    """Return the recording, or what is left of one that is damaged.

    Raises:
        CannotOpen: nothing of it is.
    """
    try:
        audio = parts().open_audio(call, secret, key)
    except CannotOpen as error:
        log.error("call %s: %s", call.id, error)
        office.tell_opened(call, whole=False)
        return parts().open_what_is_left(call, secret, key)
    office.tell_opened(call, whole=True)
    return audio


def _opened(call_id: str) -> Recording:
    """Return a recording that this session has opened; there is no sound but so."""
    audio = parts().opened.get(signed_in().id, call_id)
    clause = parts().profile.safeguards.clause
    office.only_if(audio is not None, clause, why="not_opened")
    assert audio is not None
    return audio


def _ranged(size: int, mimetype: str, read: Callable[[range], Iterable[bytes]]) -> Response:
    """Answer with the bytes that the request's Range asks for, or all: 200, 206 or 416."""
    try:
        want = ranges.wanted(request.headers.get("Range"), size)
    except ranges.Unsatisfiable:
        return Response(
            status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        )
    part = want if want is not None else range(size)
    body = () if request.method == "HEAD" else read(part)
    response = Response(body, 206 if want is not None else 200, mimetype=mimetype)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(len(part))
    if want is not None:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return response


def _purpose(opening: Request) -> str:
    """Return what is entered in clear: the request, and its purpose in the profile's words."""
    known = {each.id for each in parts().profile.purpose}
    if opening.purpose not in known:  # typed, with a use beyond the purposes
        return opening.id
    return f"{opening.id} {office.purpose_text(opening.purpose)}"


def _mark_viewed(opening: Request) -> None:
    """A request to view is carried out by the first hearing."""
    if opening.kind == "view" and opening.state == opening_state(parts().profile):
        with suppress(Refusal):  # somebody else has just heard it
            parts().clerk.do(office.actor(), opening, "view")
        parts().notebook.send()
