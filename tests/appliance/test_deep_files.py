"""No file of a data folder can be lost or changed unseen."""

import random

import pytest

from appliance import deep
from appliance.box import open_box
from appliance.durable import replace
from appliance.engine import open_parts
from appliance.finding import Finding
from appliance.registry_storage import as_file, read_file
from tests import damage
from tests.appliance.scene import START
from tests.doctored import wrong


@pytest.fixture(scope="module")
def kept(tmp_path_factory, full_folder):
    """A trial folder with calls, one of which was heard."""
    folder, rows = full_folder
    data = damage.copied(folder, tmp_path_factory.mktemp("kept") / "data")
    with open_parts(open_box(data)) as parts:
        call = next(row.id for row in rows if row.recorded)
        entry = parts.ledger.append("listen", call=call, person="p1", purpose="claim")
        parts.index.add_hearing(call, START, ("p1", "listen", "claim"), entry)
    return data


def test_of_a_sound_folder_nothing_is_wrong(kept):
    assert wrong(kept) == []


def test_every_file_that_is_damaged_is_named(kept, tmp_path):
    seen = {}
    for name, how, left in damage.cases(kept, seed=4):
        if seen.setdefault(name, how) != how and not (how.startswith("bit") and len(seen) % 2):
            continue  # each file in one way here, all ways in tests/long
        data = damage.copied(kept, tmp_path / "data")
        damage.damage(data, name, left)
        found = wrong(data)
        assert found, f"{name} {how}"
        assert all(isinstance(one, Finding) and one.remedy for one in found)
    assert len(seen) >= 15


def test_every_byte_of_a_small_file_counts(kept, tmp_path):
    data = damage.copied(kept, tmp_path / "data")
    rng = random.Random(1)
    for name in ("box.toml", "policy.toml", "secrets/2026-11-23.secret", "ledger/head", "clock"):
        whole = (data / name).read_bytes()
        for at in rng.sample(range(len(whole)), 12):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << rng.randrange(8)
            (data / name).write_bytes(flipped)
            assert wrong(data), f"{name} byte {at}"
        replace(data / name, whole)
    assert wrong(data) == []


def test_a_reel_that_is_another_days_is_named(kept, tmp_path):
    data = damage.copied(kept, tmp_path / "data")
    (reel,) = data.glob("vault/*/*.reel")
    content = reel.read_bytes()
    reel.write_bytes(content.replace(b"2026-11-23", b"2026-11-22", 1))
    assert any("says that it is of 2026-11-22" in f.what for f in wrong(data))


@pytest.mark.parametrize("size", [0, 1, 63])
def test_a_reel_of_which_a_fault_left_a_part_of_the_header_is_not_damage(kept, tmp_path, size):
    data = damage.copied(kept, tmp_path / "data")
    (reel,) = data.glob("vault/*/*.reel")
    header = reel.read_bytes()[:size]
    reel.with_name("001.reel").write_bytes(header)
    assert wrong(data) == []
    reel.with_name("001.reel").write_bytes(b"x" + header)
    assert any("001.reel: the header is cut short" in f.what for f in wrong(data))


def test_what_was_put_aside_is_a_note(kept, tmp_path):
    data = damage.copied(kept, tmp_path / "data")
    (data / "calls.db.damaged-20261123").write_bytes(b"x")
    found = [*deep.examine(open_box(data), None)]
    assert [f.level for f in found if "put aside" in f.what] == ["note"]


def test_an_older_copy_of_the_registry_beside_the_newer_one_is_named(kept, tmp_path):
    data = damage.copied(kept, tmp_path / "data")
    registry = open_box(data).registry
    tables = read_file(registry)
    tables["people"]["2"] = {**tables["people"]["1"], "name": "removed since"}
    registry.write_bytes(as_file(tables))
    (found,) = wrong(data)
    assert "not of the same moment" in found.what
