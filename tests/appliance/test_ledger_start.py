"""What a start finds, though it reads the end alone."""

import random
import shutil

import pytest

from appliance.ledger_audit import verify
from appliance.ledger_walk import pack_line, unpack_line
from tests.appliance.test_ledger import PUBLIC, filled, folder, lines, opened, put, said

__all__ = ["folder"]


def whats(folder):
    return [each.what for each in opened(folder).findings]


@pytest.mark.parametrize("kept", [0, 3, 12])
def test_a_truncated_log_goes_on_behind_what_was_signed(folder, kept):
    filled(folder)
    put(folder, lines(folder)[:kept])
    ledger = opened(folder)
    assert [each.what for each in ledger.findings] == ["truncated"] * (kept < 12)
    assert ledger.append("start") == 12
    ledger.close()
    if kept < 12:
        assert ("missing", 11, 11) in said(folder)


@pytest.mark.parametrize("name", ["resume", "head"])
def test_a_lost_resume_or_head_stops_no_start(folder, name):
    filled(folder)
    (folder / name).unlink()
    assert [what for what, *_ in said(folder)] == [name]
    ledger = opened(folder)
    assert (ledger.size, [each.what for each in ledger.findings]) == (13, [name])
    ledger.append("start")
    ledger.close()
    assert said(folder) == []


@pytest.mark.parametrize(
    "change",
    [{"peaks": []}, {"peaks": [7]}, {"peaks": 7}, {"offset": "7"}, {"offset": -7}, {"note": ""}],
)
def test_a_planted_resume_is_not_believed(folder, change):
    filled(folder)
    value = unpack_line((folder / "resume").read_bytes()[:-1])
    spoilt = [value["peaks"][-1], *value["peaks"][1:]]
    for planted in (change, {"peaks": spoilt}):
        (folder / "resume").write_bytes(pack_line({**value, **planted}))
        assert [what for what, *_ in said(folder)] == ["resume"]
        ledger = opened(folder)
        assert (ledger.size, [each.what for each in ledger.findings]) == (13, ["resume"])


def test_a_ledger_without_a_head_yet_is_sound(folder):
    ledger = opened(folder)
    ledger.append("start")
    ledger.sync()
    assert whats(folder) == []


def test_the_first_head_may_be_cut_short_before_its_resume(folder):
    filled(folder, 3, heads=())
    (folder / "resume").unlink()
    assert whats(folder) == []


def test_a_resume_that_is_one_head_late_is_followed_up(folder):
    filled(folder)
    stale = (folder / "resume").read_bytes()
    filled(folder)
    (folder / "resume").write_bytes(stale)
    assert whats(folder) == []


def test_a_changed_tail_is_found_by_its_head(folder):
    filled(folder)
    stale = (folder / "resume").read_bytes()
    filled(folder, 2, heads=())
    (folder / "resume").write_bytes(stale)
    every = lines(folder)
    every[13] = pack_line({**unpack_line(every[13][:-1]), "facts": {"n": 99}})
    put(folder, every)
    assert "changed" in whats(folder)


def test_an_older_head_than_the_resume_is_anothers_doing(folder):
    filled(folder)
    old = (folder / "head").read_bytes()
    filled(folder)
    (folder / "head").write_bytes(old.replace(b"12\n", b"13\n", 1))
    assert whats(folder) == ["head"]


@pytest.mark.parametrize("name", ["entries.log", "head", "resume"])
def test_no_flipped_byte_stops_a_start_and_the_next_head_is_sound(folder, tmp_path, name):
    """What lies before the last head is found a minute later, by the audit."""
    filled(folder)
    whole = (folder / name).read_bytes()
    rng = random.Random(5)
    for at in [*rng.sample(range(len(whole)), 12), len(whole) - 1]:
        copy = tmp_path / f"{name}-{at}"
        shutil.copytree(folder, copy)
        spoilt = bytearray(whole)
        spoilt[at] ^= 1 << rng.randrange(8)
        (copy / name).write_bytes(spoilt)
        ledger = opened(copy)
        ledger.append("start")
        ledger.close()
        found = [*ledger.findings, *verify(copy, PUBLIC)]
        assert found or list(copy.glob("torn-*")), at
        assert not [one for one in verify(copy, PUBLIC) if one.what in ("resume", "truncated")], at


def test_a_resume_without_its_parts_is_not_believed(folder):
    filled(folder)
    (folder / "resume").write_bytes(pack_line({"note": (folder / "head").read_text()}))
    assert whats(folder) == ["resume"]
