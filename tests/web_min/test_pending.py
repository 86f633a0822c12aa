import pytest

from appliance.playback import CannotOpen
from tests.web_min.rig import call, missed, speechlike


@pytest.fixture
def waiting(rig):
    """Two calls that wait for their proof, one that does not, and one without sound."""
    audio = speechlike(seconds=2)
    rows = [
        rig.add(call(n, proof=proof, audio_samples=len(audio)), audio)
        for n, proof in ((1, "pending"), (2, "verified"), (3, "pending"))
    ]
    rig.add(missed(4))
    return rows


def sign_in(rig):
    """Sign in, and do what was begun behind it."""
    answer = rig.sign_in()
    for work in rig.behind:
        work()
    return answer


def opened(rig):
    return [entry[1:] for entry in rig.recorder.done if entry[0] == "opened"]


def test_who_signs_in_proves_what_waits(rig, waiting):
    sign_in(rig)
    assert sorted(opened(rig)) == [(waiting[0].id, True), (waiting[2].id, True)]
    (person,) = rig.registry.people()
    keys = [entry[1:] for entry in rig.recorder.done if entry[0] == "open_key"]
    assert {(who, act) for _, who, act, _ in keys} == {(person.id, "prove")}


def test_a_recording_that_does_not_open_has_failed(rig, waiting):
    def cannot(row, secret, age_file):
        raise CannotOpen("damaged")

    rig.parts.pending._open_audio = cannot
    sign_in(rig)
    assert sorted(opened(rig)) == [(waiting[0].id, False), (waiting[2].id, False)]


def test_a_recording_that_is_too_short_has_failed(rig):
    audio = speechlike(seconds=2)
    row = rig.add(call(1, proof="pending", audio_samples=len(audio) + 8000), audio)
    sign_in(rig)
    assert opened(rig) == [(row.id, False)]


def test_one_that_is_erased_meanwhile_is_left(rig, waiting):
    del rig.recorder.keys[waiting[0].id]
    sign_in(rig)
    assert opened(rig) == [(waiting[2].id, True)]


def test_after_the_session_nothing_is_opened_any_more(rig, waiting):
    rig.parts.pending._lives = lambda session: False
    sign_in(rig)
    assert not opened(rig)


def test_a_recorder_that_is_away_leaves_them_waiting(rig, waiting):
    rig.parts.pending._recorder = type(rig.recorder)()
    rig.parts.pending._recorder.away = True
    assert sign_in(rig).status_code == 303
    assert not opened(rig)
