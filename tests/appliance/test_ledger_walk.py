import base64

import pytest

from appliance.ledger_walk import (
    LOST,
    DamagedLine,
    Walk,
    looks_torn,
    pack_line,
    read_entry,
    read_lines,
    unpack_line,
)
from appliance.merkle import leaf_hash, root_of


def log(count, act="listen"):
    """Lines of a log, LF left off."""
    lines, prev = [], b""
    for index in range(count):
        entry = {
            "act": act,
            "clock": "ntp",
            "facts": {"n": index},
            "index": index,
            "prev": base64.b64encode(prev).decode(),
            "time": "2026-11-23T00:00:00.000Z",
        }
        lines.append(pack_line(entry)[:-1])
        prev = leaf_hash(lines[-1][9:])
    return lines


LINES = log(6)
LEAVES = [leaf_hash(line[9:]) for line in LINES]


def walk(lines):
    found = Walk()
    for line in lines:
        found.push(line)
    found.close()
    return found


def said(found):
    return [(each.what, each.first, each.last) for each in found.findings]


def test_a_sound_log_has_the_tree_of_its_entries():
    found = walk(LINES)
    assert said(found) == []
    assert (found.size, found.last, found.tree.root()) == (6, LEAVES[-1], root_of(LEAVES))


def test_a_line_is_known_to_the_byte():
    assert LINES[0] == (
        b'1f950039 {"act":"listen","clock":"ntp","facts":{"n":0},"index":0,"prev":"",'
        b'"time":"2026-11-23T00:00:00.000Z"}'
    )


@pytest.mark.parametrize("index", range(5))
def test_a_damaged_entry_is_named_and_its_leaf_restored(index):
    spoilt = [*LINES]
    spoilt[index] = LINES[index].replace(b"listen", b"lisben")
    found = walk(spoilt)
    assert said(found) == [("damaged", index, index)]
    assert found.tree.root() == root_of(LEAVES)


@pytest.mark.parametrize("index", range(5))
def test_an_entry_rewritten_with_its_crc_is_named_and_its_leaf_restored(index):
    spoilt = [*LINES]
    spoilt[index] = log(index + 1, act="lisben")[index]
    if index:
        spoilt[index] = pack_line({**unpack_line(LINES[index]), "act": "lisben"})[:-1]
    found = walk(spoilt)
    assert said(found) == [("changed", index, index)]
    assert found.tree.root() == root_of(LEAVES)


@pytest.mark.parametrize("index", range(5))
def test_a_removed_entry_is_named_and_its_leaf_restored(index):
    found = walk(LINES[:index] + LINES[index + 1 :])
    assert said(found) == [("missing", index, index)]
    assert found.tree.root() == root_of(LEAVES)


def test_several_removed_entries_are_named():
    found = walk(LINES[:1] + LINES[4:])
    assert said(found) == [("missing", 1, 2), ("missing", 3, 3)]
    assert (found.size, found.tree.root()) == (6, root_of([LEAVES[0], LOST, LOST, *LEAVES[3:]]))


def test_entries_that_changed_places_are_named():
    found = walk([LINES[0], LINES[2], LINES[1], *LINES[3:]])
    assert said(found) == [("out_of_order", 1, 1)]
    assert found.tree.root() == root_of(LEAVES)


def test_an_entry_put_in_twice_is_named():
    found = walk([*LINES[:3], LINES[2], *LINES[3:]])
    assert said(found) == [("duplicated", 2, 2)]
    assert found.tree.root() == root_of(LEAVES)


def test_two_entries_run_together_are_named():
    found = walk([LINES[0], LINES[1] + b"\x8a" + LINES[2], *LINES[3:]])
    assert said(found) == [("damaged", 1, 1), ("missing", 2, 2)]
    assert found.size == 6


def test_a_walk_goes_on_from_a_tree():
    first = walk(LINES[:3])
    rest = Walk(first.tree, first.last)
    for line in LINES[3:]:
        rest.push(line)
    rest.close()
    assert (said(rest), rest.tree.root()) == ([], root_of(LEAVES))


def test_a_finding_reads_as_a_sentence():
    assert str(walk(LINES[1:]).findings[0]) == "missing: entry 0: only its hash is left"


ENTRY = unpack_line(LINES[1])


@pytest.mark.parametrize(
    "change",
    [
        {"index": -1},
        {"index": "1"},
        {"index": True},
        {"prev": ""},
        {"prev": "!"},
        {"prev": 7},
        {"facts": []},
        {"act": None},
        {"more": 1},
    ],
)
def test_what_is_no_entry_is_refused(change):
    with pytest.raises(DamagedLine):
        read_entry(pack_line({**ENTRY, **change})[:-1])


@pytest.mark.parametrize(
    "line", [b"", b"00000000 {}", b"1f950039", LINES[0] + b" ", LINES[0].upper()]
)
def test_a_line_not_as_written_is_refused(line):
    with pytest.raises(DamagedLine):
        read_entry(line)


def test_lines_are_read_with_their_offsets(tmp_path):
    (tmp_path / "log").write_bytes(b"a\nbb\nc")
    assert list(read_lines(tmp_path / "log")) == [(0, b"a\n"), (2, b"bb\n"), (5, b"c")]
    assert list(read_lines(tmp_path / "log", 2)) == [(2, b"bb\n"), (5, b"c")]


def test_a_line_without_an_end_or_with_unwritten_pages_looks_torn():
    assert looks_torn(LINES[0])
    assert looks_torn(bytes(8) + b"\n")
    assert not looks_torn(LINES[0] + b"\n")
