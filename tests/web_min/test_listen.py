import io
import wave

import numpy as np
import pytest

from appliance.api import NoSuchCall
from appliance.office.documents import Request
from appliance.playback import CannotOpen, Recording
from tests import fax
from tests.kept import kept_packets
from tests.web_min.rig import call, missed, speechlike
from web_min.opened import KEEP_S


@pytest.fixture
def row(inside):
    return inside.add(call(), speechlike())


def paths(row):
    return [f"/calls/{row.id}/{name}" for name in ("audio.opus", "audio.wav", "waveform.svg")]


def test_a_request_opens_the_recording_and_is_in_the_ledger_first(inside, row):
    answer = inside.listen(row, note=" 신청인 입회 ")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/calls/{row.id}#listen"
    purpose, note = "r1 민원인과의 분쟁 해결", "신청인 입회"
    assert inside.recorder.done == [("open_key", row.id, "p1", "listen", purpose, note)]
    page = inside.get(f"/calls/{row.id}").text
    assert "<audio" in page
    assert f"Request 1: 민원인과의 분쟁 해결: {note}" in page


def test_a_purpose_that_somebody_typed_is_not_entered(inside):
    row = inside.add(call(), speechlike(), permit=False)
    inside.permit(row, purpose="그의 번호 010-1234-5678")
    inside.listen(row)
    assert inside.recorder.done[0][4] == "r1"


def test_a_note_is_not_needed(inside, row):
    inside.listen(row)
    assert inside.recorder.done[0][-1] == "r1 민원인과의 분쟁 해결"


def test_opus_is_offered_before_wav_and_no_download(inside, row):
    inside.listen(row)
    page = inside.get(f"/calls/{row.id}").text
    assert page.index("audio.opus") < page.index('src="/calls/' + row.id + "/audio.wav")
    assert 'controlslist="nodownload' in page
    assert "autoplay" not in page


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"state": "requested"}, "No approved request opens this recording."),
        ({"state": "approved"}, "No approved request opens this recording."),
        ({"state": "provided"}, "No approved request opens this recording."),
        ({"calls": ("x",)}, "No approved request opens this recording."),
        ({"until": "2026-11-23T01:30:00.000Z"}, "The time for this is over."),
    ],
)
def test_without_an_approved_request_nothing_opens(inside, changes, says):
    row = inside.add(call(), speechlike(), permit=False)
    inside.permit(row, **changes)
    answer = inside.listen(row)
    assert answer.status_code == 403
    assert says in answer.text
    assert [entry[0] for entry in inside.recorder.done] == ["note"]
    assert inside.recorder.notes("refused")[0][1] == "p1"
    assert inside.opened == []
    for path in paths(row):
        assert inside.get(path).status_code == 403


def test_who_may_not_listen_is_refused_whatever_was_approved(inside, row):
    client = inside.person("박하늘", "unit_head")
    answer = inside.post(f"/calls/{row.id}/listen", client)
    assert answer.status_code == 403
    assert "Your role has no right to this." in answer.text
    assert inside.opened == []


def test_the_first_hearing_carries_out_a_request_to_view(inside):
    row = inside.add(call(), speechlike(), permit=False)
    inside.permit(row, kind="view")
    inside.listen(row)
    inside.listen(row)
    (request,) = inside.parts.cabinet.all(Request)
    assert request.state == "viewed"
    assert [act for act, _, _ in inside.recorder.notes()] == ["request_view"]
    assert inside.opened == [row.id, row.id]


def test_before_it_is_opened_there_is_no_sound(inside, row):
    for path in paths(row):
        answer = inside.get(path)
        assert (answer.status_code, answer.mimetype) == (403, "text/plain")
    facts = [facts for _, _, facts in inside.recorder.notes("refused")]
    assert {(each["why"], each["clause"]) for each in facts} == {("not_opened", "8②,4")}
    assert len(facts) == len(inside.recorder.done) == len(paths(row))


def test_what_one_session_has_opened_is_closed_to_another(inside, row):
    inside.listen(row)
    other = inside.app.test_client()
    inside.sign_in(client=other)
    for path in paths(row):
        assert inside.get(path).status_code == 200
        assert inside.get(path, other).status_code == 403


def test_another_call_is_opened_for_itself(inside, row):
    inside.listen(row)
    second = inside.add(call(2, 10), speechlike(1.0))
    assert inside.get(f"/calls/{second.id}/audio.opus").status_code == 403


def test_the_sound_is_put_away_after_minutes(inside, row):
    inside.listen(row)
    for _ in range(3):
        inside.clock.passed_s += KEEP_S - 1
        inside.post("/session")
        assert inside.get(paths(row)[0]).status_code == 200
    inside.clock.passed_s += KEEP_S / 2
    inside.post("/session")
    inside.clock.passed_s += KEEP_S / 2
    assert inside.get(paths(row)[0]).status_code == 403
    assert "Open the recording" in inside.get(f"/calls/{row.id}").text


def test_signing_out_puts_it_away(inside, row):
    inside.listen(row)
    session = inside.client.get_cookie("kirok").value
    assert inside.parts.opened.get(session, row.id)
    inside.post("/sign-out")
    assert inside.parts.opened.get(session, row.id) is None


@pytest.mark.parametrize(
    "make, status",
    [
        (missed, 404),
        (lambda: call(erased=call().start), 404),
        (lambda: call(end=None, last_offset=None), 404),
    ],
)
def test_what_has_no_sound_cannot_be_opened(inside, make, status):
    row = inside.add(make())
    inside.recorder.keys[row.id] = b"x"
    assert inside.listen(row).status_code == status
    refused = {"why": "no_call", "clause": "8①", "what": "listen.ask"}
    assert inside.recorder.done == [("note", "refused", "p1", refused)]


def test_a_call_that_does_not_exist_cannot_be_opened(inside):
    assert inside.listen(call(55)).status_code == 404
    assert inside.recorder.done == []


def test_while_the_recorder_is_away_nothing_opens(inside, row):
    inside.recorder.away = True
    answer = inside.listen(row)
    assert answer.status_code == 503
    assert "no recording can be opened" in answer.text
    assert inside.opened == []


@pytest.mark.parametrize(
    "fault, status, says",
    [
        (NoSuchCall("x"), 410, "no key for this recording"),
        (CannotOpen("x"), 500, "cannot be opened"),
    ],
)
def test_a_recording_that_does_not_open_says_why(inside, row, fault, status, says):
    def fail(*args, **kwargs):
        raise fault

    if isinstance(fault, NoSuchCall):
        inside.recorder.open_key = fail
    else:
        inside.parts.open_audio = fail
    answer = inside.listen(row)
    assert answer.status_code == status
    assert says in answer.text
    assert inside.get(paths(row)[0]).status_code == 403


def test_of_a_damaged_recording_what_is_left_is_heard_and_the_page_says_so(inside, row):
    def fail(*args, **kwargs):
        raise CannotOpen("segment 1 is damaged")

    inside.parts.open_audio = fail
    inside.left[row.id] = inside.recordings[row.id]
    inside.left[row.id].lost_s = 1.0
    assert inside.listen(row).status_code == 303
    page = inside.get(f"/calls/{row.id}").text
    assert "1.0 s of it cannot be read" in page
    assert "it has been damaged since" in page
    assert inside.get(paths(row)[0]).status_code == 200
    assert ("opened", row.id, False) in inside.recorder.done, "so that an alarm is raised"


def test_a_sound_recording_that_has_its_proof_is_told_of_to_nobody(inside, row):
    inside.listen(row)
    assert [entry for entry in inside.recorder.done if entry[0] == "opened"] == []


# ------------------------------------------------------------ what is sent


def test_the_wav_is_the_sound(inside, row):
    inside.listen(row)
    answer = inside.get(f"/calls/{row.id}/audio.wav")
    assert answer.mimetype == "audio/wav"
    with wave.open(io.BytesIO(answer.data)) as wav:
        assert wav.getparams()[:4] == (1, 2, 8000, 160_000)
        heard = np.frombuffer(wav.readframes(160_000), "<i2").astype(float)
    assert np.corrcoef(heard, speechlike())[0, 1] > 0.85


def test_the_opus_is_an_ogg_file(inside, row):
    inside.listen(row)
    answer = inside.get(f"/calls/{row.id}/audio.opus")
    assert answer.mimetype == "audio/ogg"
    assert answer.data[:4] == b"OggS"
    assert answer.data[28:36] == b"OpusHead"


def test_a_machines_call_is_heard_from_its_wav_alone(inside, row):
    """The Ogg file ends where a fax machine was heard."""
    kept, heard, _ = kept_packets(fax.audio())
    inside.recordings[row.id] = Recording(row.id, kept, heard.samples)
    inside.listen(row)
    page = inside.get(f"/calls/{row.id}").text
    assert "audio.wav" in page and "audio.opus" not in page
    with wave.open(io.BytesIO(inside.get(f"/calls/{row.id}/audio.wav").data)) as wav:
        assert wav.getnframes() == heard.samples


@pytest.mark.parametrize("name", ["audio.opus", "audio.wav"])
@pytest.mark.parametrize(
    "part",
    [
        ("bytes=0-", 0, None),
        ("bytes=0-0", 0, 1),
        ("bytes=43-44", 43, 45),
        ("bytes=1001-2000", 1001, 2001),
        ("bytes=-7", -7, None),
        ("bytes=2-99999999", 2, None),
    ],
)
def test_a_range_is_a_part_of_the_whole(inside, row, name, part):
    header, first, stop = part
    inside.listen(row)
    path = f"/calls/{row.id}/{name}"
    whole = inside.get(path)
    assert whole.status_code == 200
    assert whole.headers["Accept-Ranges"] == "bytes"
    answer = inside.get(path, Range=header)
    assert answer.status_code == 206
    size, want = len(whole.data), whole.data[first:stop]
    start = first % size
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(want) - 1}/{size}"
    assert answer.headers["Content-Length"] == str(len(want)) == str(len(answer.data))
    if name == "audio.opus" or start < 44:
        assert answer.data == want


@pytest.mark.parametrize("name", ["audio.opus", "audio.wav"])
@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_is_416(inside, row, name, header):
    inside.listen(row)
    size = len(inside.get(f"/calls/{row.id}/{name}").data)
    answer = inside.get(f"/calls/{row.id}/{name}", Range=header)
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize("name", ["audio.opus", "audio.wav"])
def test_head_says_the_size_and_sends_nothing(inside, row, name):
    inside.listen(row)
    size = len(inside.get(f"/calls/{row.id}/{name}").data)
    answer = inside.client.head(f"/calls/{row.id}/{name}")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(size)


def test_the_shape_is_an_svg_that_holds_nothing_else(inside, row):
    inside.listen(row)
    answer = inside.get(f"/calls/{row.id}/waveform.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.text.startswith("<svg ")
    assert "style" not in answer.text
    assert "script" not in answer.text
    assert answer.text.count("M") == 600


def test_the_secret_leaves_the_session_for_nothing_but_opening(inside, row):
    inside.listen(row)
    for path in (f"/calls/{row.id}", *paths(row), "/", "/session"):
        assert b"AGE-SECRET-KEY" not in inside.get(path).data


@pytest.mark.parametrize("proof, told", [("pending", True), ("verified", False)])
def test_a_call_that_waits_for_its_proof_is_proved_by_who_opens_it(inside, proof, told):
    waiting = inside.add(call(proof=proof), speechlike())
    inside.listen(waiting)
    assert (("opened", waiting.id, True) in inside.recorder.done) == told
