from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pyotp
import pytest

from appliance import keyring, keys, second_factor
from appliance.export import NotAllowed, Taker, unlock
from appliance.export_request import export_for
from appliance.office.cabinet import Cabinet
from appliance.office.documents import Applicant, Request
from appliance.package.verify import verify
from appliance.registry import Registry
from tests.appliance.scene import PASSPHRASE, START

ADMIN = Taker("김관리", PASSPHRASE)


@pytest.fixture
def kept(trial, replayed):
    """Keep a call, and a request r1 that opens it; the page is not running."""
    row = next(row for row in replayed if row.line == 1)
    put(trial, asked(row))
    return trial, row


def asked(row, **changes):
    plain = Request(
        id="r1",
        kind="provide",
        ground="user",
        purpose="dispute",
        reason="확인",
        applicant=Applicant("박하늘", "세정과"),
        made_by="p9",
        department="세정과",
        made="2026-11-23T00:00:00.000Z",
        calls=(row.id,),
        state="pledged",
    )
    return replace(plain, **changes)


def put(box, request):
    with closing(Registry(box.registry)) as registry:
        Cabinet(registry).put(request)


def found(box):
    with closing(Registry(box.registry)) as registry:
        return Cabinet(registry).get(Request, "r1"), registry.unsent()


def with_factor(box):
    """Give the administrator a second factor, as after a sign-in at the page."""
    factor = second_factor.new()
    own = unlock(box, ADMIN).own
    with closing(Registry(box.registry)) as registry:
        (person,) = registry.people()
        again, _ = keyring.rewrapped(keys.wrap_secret, PASSPHRASE, "", own)
        sealed = keyring.seal(second_factor.pack(factor), again["recipient"])
        registry.change(person.id, factor=sealed, **again)
    return factor


def code(factor, at):
    return pyotp.TOTP(factor.secret).at(at)


def test_a_copy_goes_out_under_its_request_and_is_entered_as_provided(kept, tmp_path):
    box, row = kept
    factor = with_factor(box)
    taker = replace(ADMIN, ask_code=lambda: code(factor, START))
    (package,) = export_for(replace(box, trial=False), ("r1", row.id), tmp_path, taker, START)
    assert verify(package, None, datetime.now(UTC), None).genuine
    request, notes = found(box)
    assert (request.state, request.files) == ("provided", 1)
    assert notes[-1]["act"] == "request_provide"


def test_a_copy_is_made_anew_with_a_reason_and_the_newest_counts(kept, tmp_path):
    box, row = kept
    export_for(box, ("r1", row.id), tmp_path / "first", ADMIN, START)
    with pytest.raises(NotAllowed, match="provided: wrong_state"):
        export_for(box, ("r1", row.id), tmp_path / "again", ADMIN, START)
    again = replace(ADMIN, again="저장 매체 고장")
    (package,) = export_for(box, ("r1", row.id), tmp_path / "again", again, START)
    request, notes = found(box)
    made = sha256(package.read_bytes()).hexdigest()
    assert (len(request.copies), request.copies[-1].facts["file"]) == (2, made)
    assert request.copies[-1].facts["reason"] == "저장 매체 고장"
    assert notes[-1]["act"] == "request_provide_again"


def test_a_code_is_taken_once_and_a_wrong_one_not_at_all(kept, tmp_path):
    box, row = kept
    factor = with_factor(box)
    wrong = replace(ADMIN, ask_code=lambda: code(factor, START - timedelta(hours=1)))
    with pytest.raises(NotAllowed, match="code is wrong"):
        export_for(box, ("r1", row.id), tmp_path / "out", wrong, START)
    assert not (tmp_path / "out").exists()
    assert found(box)[1][-1]["act"] == "code_refused"
    right = replace(ADMIN, ask_code=lambda: code(factor, START))
    export_for(box, ("r1", row.id), tmp_path / "out", right, START)
    put(box, asked(row))
    with pytest.raises(NotAllowed, match="has been used"):
        export_for(box, ("r1", row.id), tmp_path / "again", right, START)


def test_outside_a_trial_whoever_needs_a_second_factor_must_have_one(kept, tmp_path):
    box, row = kept
    with pytest.raises(NotAllowed, match="no second factor yet"):
        export_for(replace(box, trial=False), ("r1", row.id), tmp_path, ADMIN, START)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"state": "requested"}, "r1 is requested: wrong_state"),
        ({"state": "provided"}, "r1 is provided: wrong_state"),
        ({"kind": "view"}, "r1 is pledged: out_of_scope"),
        ({"until": "2026-01-01T00:00:00.000Z"}, "r1 is pledged: too_late"),
        ({"calls": ("01JA",)}, "does not name call"),
    ],
)
def test_what_the_request_does_not_allow_does_not_go_out(kept, tmp_path, changes, says):
    box, row = kept
    put(box, asked(row, **changes))
    with pytest.raises(NotAllowed, match=says):
        export_for(box, ("r1", row.id), tmp_path / "out", ADMIN, START)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("request_id, name", [("r9", "김관리"), ("r1", "아무개")])
def test_who_and_what_is_not_there_is_said(kept, tmp_path, request_id, name):
    box, row = kept
    with pytest.raises(NotAllowed, match="there is no"):
        export_for(box, (request_id, row.id), tmp_path, replace(ADMIN, name=name), START)


def test_while_the_page_runs_the_copy_is_made_there(kept, tmp_path):
    box, row = kept
    with closing(Registry(box.registry)), pytest.raises(NotAllowed, match="make the copy there"):
        export_for(box, ("r1", row.id), tmp_path, ADMIN, START)
