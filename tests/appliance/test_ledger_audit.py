"""Each way to tamper with a ledger, at its beginning, middle and end, by who lacks the key."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.ledger import Ledger
from appliance.ledger_audit import verify
from appliance.ledger_walk import pack_line, read_entry, unpack_line
from tests.appliance.test_ledger import KEY, NOW, PUBLIC, filled, folder, lines, opened, put, said

__all__ = ["folder"]

# The log of filled(): entries 0 to 4, head 5, 6 to 8, head 9, 10, 11, head 12.


@pytest.mark.parametrize("index", range(12))
def test_a_removed_entry_is_named(folder, index):
    filled(folder)
    every = lines(folder)
    put(folder, every[:index] + every[index + 1 :])
    named = said(folder)
    assert ("missing", index, index) in named
    assert all(what == "missing" or index in (5, 9, 12) for what, *_ in named)


@pytest.mark.parametrize("index", [0, 1, 6, 11])
def test_a_changed_entry_is_named(folder, index):
    filled(folder)
    every = lines(folder)
    value = unpack_line(every[index][:-1])
    every[index] = pack_line({**value, "facts": {"n": 99}})
    put(folder, every)
    assert said(folder) == [("changed", index, index)]


def test_entries_that_changed_places_are_named(folder):
    filled(folder)
    every = lines(folder)
    every[1], every[2] = every[2], every[1]
    put(folder, every)
    assert said(folder) == [("out_of_order", 1, 1)]


@pytest.mark.parametrize("kept", [0, 1, 6, 11])
def test_a_truncated_log_is_named(folder, kept):
    filled(folder)
    put(folder, lines(folder)[:kept])
    assert said(folder) == [("truncated", kept, 11)]


def test_a_history_forged_to_fit_is_named_by_the_heads(folder, tmp_path):
    filled(folder)
    Ledger.create(tmp_path / "forged")
    forged = Ledger(tmp_path / "forged", KEY, "box-7", lambda: (NOW, "ntp"))
    real = [unpack_line(line[:-1]) for line in lines(folder)]
    for index, value in enumerate(real):
        facts = {"n": 99} if index == 6 else value["facts"]
        forged.append(value["act"], **facts)
    forged.sync()
    put(folder, lines(tmp_path / "forged"))
    assert said(folder) == [("head", 5, 8), ("head", 0, 11)]


def test_another_boxs_heads_are_named(folder):
    filled(folder)
    stranger = Ed25519PrivateKey.generate().public_key()
    whats = {each.what for each in verify(folder, stranger)}
    assert whats == {"head", "resume"}


PLACES = [0, 6, 11]  # first, middle, last but the head


@pytest.mark.parametrize("index", PLACES)
def test_a_doubled_entry_is_named(folder, index):
    filled(folder)
    every = lines(folder)
    put(folder, [*every[: index + 1], *every[index:]])
    assert said(folder) == [("duplicated", index, index)]


@pytest.mark.parametrize("index", PLACES)
@pytest.mark.parametrize("before", [True, False])
def test_an_entry_put_in_is_named(folder, index, before):
    filled(folder)
    every = lines(folder)
    forged = pack_line({**unpack_line(every[index][:-1]), "facts": {"n": 99}})
    at = index if before else index + 1
    put(folder, [*every[:at], forged, *every[at:]])
    assert said(folder) == [("inserted", index, index)]


@pytest.mark.parametrize("index", PLACES[:2])
def test_an_entry_moved_to_the_end_is_named(folder, index):
    filled(folder)
    every = lines(folder)
    put(folder, [*every[:index], *every[index + 1 :], every[index]])
    assert said(folder) == [("out_of_order", index, index)]


def rehashed(every, first):
    """Make all entries from one on fit those before, heads as they were: without the key."""
    made = list(every[:first])
    for index, line in enumerate(every[first:], first):
        prev = read_entry(made[-1][:-1]).leaf if made else b""
        value = {**unpack_line(line[:-1]), "index": index, "prev": base64.b64encode(prev).decode()}
        made.append(pack_line(value))
    return made


#: Of each entry: the heads around it are after entries 4 (head 5), 8 (head 9) and 11 (head 12).
BETWEEN = {0: (0, 4), 6: (5, 8), 11: (9, 11)}


@pytest.mark.parametrize("index", PLACES)
@pytest.mark.parametrize("how", ["changed", "removed", "put in", "swapped"])
def test_what_was_made_to_fit_is_named_by_the_heads_around_it(folder, index, how):
    filled(folder)
    every = lines(folder)
    forged = pack_line({**unpack_line(every[index][:-1]), "facts": {"n": 99}})
    other = index + 1 if index < 10 else index - 1
    tampered = {
        "changed": [*every[:index], forged, *every[index + 1 :]],
        "removed": [*every[:index], *every[index + 1 :]],
        "put in": [*every[:index], forged, *every[index:]],
        "swapped": [*every[: min(index, other)], every[max(index, other)],
                    every[min(index, other)], *every[max(index, other) + 1 :]],
    }[how]  # fmt: skip
    put(folder, rehashed(tampered, min(index, other)))
    found = said(folder)
    assert found, how
    first, last = BETWEEN[index]
    assert any(what == "head" and a <= last and b >= first for what, a, b in found), found


def taken_away(folder):
    return (folder / "head").read_text()


def test_a_log_cut_at_a_head_with_its_files_put_back_is_told_by_a_witness_alone(folder):
    filled(folder)
    old = {name: (folder / name).read_bytes() for name in ("entries.log", "head", "resume")}
    filled(folder, 5, heads=())
    note = taken_away(folder)
    assert verify(folder, PUBLIC, {"stick": note}) == []
    for name, data in old.items():
        (folder / name).write_bytes(data)
    assert said(folder) == []
    (found,) = verify(folder, PUBLIC, {"stick": note})
    assert (found.what, found.first, found.last) == ("witness", 13, 17)
    assert "stick, taken away before, counts 18 entries" in found.why


def test_a_head_of_another_history_or_box_is_named(folder, tmp_path):
    filled(folder)
    Ledger.create(tmp_path / "other")
    other = Ledger(tmp_path / "other", KEY, "box-7", lambda: (NOW, "ntp"))
    other.append("another")
    other.close()
    (found,) = verify(folder, PUBLIC, {"mail": taken_away(tmp_path / "other")})
    assert (found.what, found.first, found.last) == ("witness", 0, 0)
    assert "another history" in found.why
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    Ledger.create(tmp_path / "stranger")
    Ledger(tmp_path / "stranger", stranger, "box-9", lambda: (NOW, "ntp")).close()
    (found,) = verify(folder, PUBLIC, {"mail": taken_away(tmp_path / "stranger")})
    assert "no head of this box" in found.why
    assert verify(folder, PUBLIC, {"mail": "not a head"})[0].what == "witness"


def test_every_head_that_was_ever_taken_is_continued(folder):
    notes = {}
    ledger = opened(folder)
    for number in range(40):
        ledger.append("listen", n=number)
        if number % 3 == 0:
            notes[str(number)] = ledger.publish_head()
    ledger.close()
    assert verify(folder, PUBLIC, notes) == []


def test_who_reads_along_gets_each_line_once_and_the_damaged_one_as_none(folder):
    filled(folder)
    every = lines(folder)
    put(folder, [every[0], every[2], b"nonsense\n", every[1], *every[3:], b"torn"])
    read = []
    verify(folder, KEY.public_key(), also=read.append)
    want = [0, 2, None, 1, *range(3, len(every))]
    assert [entry and entry.index for entry in read] == want


def test_it_rests_while_it_reads(folder):
    ledger = opened(folder)
    for number in range(1200):
        ledger.append("listen", n=number)
    ledger.close()
    rests = []
    assert verify(folder, PUBLIC, rest=lambda: rests.append(1)) == []
    assert len(rests) == 2
