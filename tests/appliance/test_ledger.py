import random
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import address, checkpoint
from appliance.ledger import Ledger
from appliance.ledger_audit import verify
from appliance.ledger_walk import read_entry, unpack_line
from tests.faults import FaultyDisk, PowerCut

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, timezone(timedelta(hours=9)))


@pytest.fixture
def folder(tmp_path):
    Ledger.create(tmp_path / "ledger")
    return tmp_path / "ledger"


def opened(folder, **more):
    return Ledger(folder, KEY, "box-7", lambda: (NOW, "ntp"), **more)


def filled(folder, count=10, heads=(4, 7)):
    """A ledger of `count` acts and a head after some of them, then one at the close."""
    ledger = opened(folder)
    for number in range(count):
        ledger.append("listen", n=number)
        if number in heads:
            ledger.publish_head()
    ledger.close()


def lines(folder):
    return (folder / "entries.log").read_bytes().splitlines(keepends=True)


def put(folder, some_lines):
    (folder / "entries.log").write_bytes(b"".join(some_lines))


def said(folder):
    return [(each.what, each.first, each.last) for each in verify(folder, PUBLIC)]


def test_an_entry_says_what_when_and_how_sure(folder):
    ledger = opened(folder)
    assert ledger.append("listen", call="01AR", purpose="분쟁") == 0
    assert ledger.append("hold") == 1
    ledger.sync()
    entry = read_entry(lines(folder)[0][:-1])
    assert (entry.act, entry.facts) == ("listen", {"call": "01AR", "purpose": "분쟁"})
    assert (entry.time, entry.clock) == ("2026-11-23T00:00:00.123Z", "ntp")


def test_a_persons_act_has_the_address_that_it_is_done_from(folder):
    ledger = opened(folder)
    with address.at("192.0.2.7"):
        ledger.append("listen", person="p1")
        ledger.append("login", person="p1", address="192.0.2.8")  # as it says itself
        ledger.append("request_lapse", person="")
    ledger.append("listen", person="p1")
    ledger.sync()
    facts = [read_entry(line[:-1]).facts for line in lines(folder)]
    assert facts == [
        {"person": "p1", "address": "192.0.2.7"},
        {"person": "p1", "address": "192.0.2.8"},
        {"person": ""},
        {"person": "p1"},
    ]


def test_any_number_of_entries_is_one_write_and_one_fsync(folder):
    disk = FaultyDisk()
    ledger = opened(folder, disk=disk)
    disk.arm()
    for number in range(100):
        ledger.append("listen", n=number)
    assert disk.calls == []
    ledger.sync()
    ledger.sync()
    assert disk.calls == ["write", "fdatasync"]


def test_a_sound_ledger_verifies_and_goes_on(folder):
    for _ in range(3):
        filled(folder)
    assert said(folder) == []
    assert opened(folder).size == 39
    assert opened(folder).findings == []


def test_the_head_is_a_signed_note_of_the_tree(folder):
    filled(folder, 3, heads=())
    head = checkpoint.read((folder / "head").read_text(), PUBLIC)
    assert (head.origin, head.size) == ("kirok/box-7", 3)
    assert (folder / "head").read_text() in unpack_line(lines(folder)[3][:-1])["facts"]["note"]


def test_a_head_is_not_published_twice(folder):
    ledger = opened(folder)
    ledger.append("start")
    assert ledger.publish_head() == ledger.publish_head()
    assert ledger.size == 2


def test_an_empty_ledger_can_be_closed_and_verified(folder):
    opened(folder).close()
    assert said(folder) == []


def test_a_wrong_path_or_a_second_making_is_refused(tmp_path, folder):
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "no")
    with pytest.raises(FileExistsError):
        Ledger.create(folder)


def test_facts_that_are_not_json_enter_nothing(folder):
    ledger = opened(folder)
    with pytest.raises(TypeError):
        ledger.append("listen", call=b"bytes")
    assert ledger.size == 0


@pytest.mark.parametrize("name", ["entries.log", "head", "resume"])
def test_every_flipped_byte_of_every_file_is_found_and_stops_no_start(folder, name):
    filled(folder)
    data = (folder / name).read_bytes()
    rng = random.Random(11)
    for at in [*sorted(rng.sample(range(len(data)), 60)), *range(len(data) - 5, len(data))]:
        spoilt = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        (folder / name).write_bytes(spoilt)
        assert verify(folder, PUBLIC), at
    filled(folder)


def test_power_cut_at_any_byte_keeps_every_whole_entry(folder):
    ledger = opened(folder)
    for number in range(4):
        ledger.append("listen", n=number)
    ledger.sync()
    data = (folder / "entries.log").read_bytes()
    line = len(data) // 4 + 1
    for cut in [*range(line - 3, len(data), 23), *range(len(data) - 3, len(data) + 1)]:
        (folder / "entries.log").write_bytes(data[:cut])
        whole = data[:cut].count(b"\n")
        again = opened(folder)
        torn = cut not in [0, len(data)] and not data[:cut].endswith(b"\n")
        assert again.size == whole + torn, cut
        assert again.findings == []
        again.append("listen", n=9)
        again.sync()
        acts = [read_entry(each[:-1]).act for each in lines(folder)]
        assert acts == ["listen"] * whole + ["torn"] * torn + ["listen"]
        assert {each.what for each in verify(folder, PUBLIC)} <= {"head", "resume"}  # none yet


def test_what_is_torn_is_cut_and_kept_and_entered(folder):
    filled(folder)
    torn = lines(folder)[0][:40] + bytes(600) + b'"}\n' + lines(folder)[1]
    with open(folder / "entries.log", "ab") as file:
        file.write(torn)
    ledger = opened(folder)
    ledger.close()
    (kept,) = folder.glob("torn-*.bin")
    assert kept.read_bytes() == torn
    assert said(folder) == []
    assert opened(folder).size == 15


@pytest.mark.parametrize("error", [OSError("disk"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(16))
def test_a_head_cut_short_anywhere_leaves_a_sound_ledger(folder, call, done, error):
    filled(folder)
    disk = FaultyDisk()
    ledger = opened(folder, disk=disk)
    ledger.append("listen")
    ledger.sync()
    disk.arm(call, error, done=done)
    with pytest.raises(type(error)):
        ledger.publish_head()
    again = opened(folder)
    assert again.findings == []
    assert again.size in (14, 15)  # with the head's own entry, or "torn", or neither
    again.close()
    assert said(folder) == []


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("name", ["write", "fdatasync"])
def test_a_failed_sync_goes_up_and_is_not_tried_again(folder, name, done):
    filled(folder)
    disk = FaultyDisk()
    ledger = opened(folder, disk=disk)
    ledger.append("listen")
    disk.arm(0, done=done, only=name)
    with pytest.raises(OSError, match="disk"):
        ledger.sync()
    with pytest.raises(ValueError, match="failed before"):
        ledger.append("more") and ledger.sync()
    ledger.close()
    assert disk.calls.count(name) == 1
    again = opened(folder)
    again.close()
    assert said(folder) == []


def test_threads_append_while_another_syncs(folder):
    ledger = opened(folder)

    def work():
        for number in range(50):
            ledger.append("listen", n=number)
            if number % 10 == 0:
                ledger.sync()
            if number % 25 == 0:
                ledger.publish_head()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    ledger.close()
    assert said(folder) == []
    assert sum(b'"act":"listen"' in line for line in lines(folder)) == 200


def test_the_box_signs_manifests_and_nothing_else(folder):
    ledger = opened(folder)
    manifest = b"a" * 64 + b"  record.json\n"
    PUBLIC.verify(ledger.sign_manifest(manifest), manifest)
    for other in (b"", manifest[:-1], b"kirok/box-7\n1\n", manifest.upper(), manifest + b"\n"):
        with pytest.raises(ValueError, match="not a MANIFEST"):
            ledger.sign_manifest(other)


def test_time_is_utc(folder):
    ledger = Ledger(folder, KEY, "box-7", lambda: (datetime(2026, 1, 1, tzinfo=UTC), "rtc"))
    ledger.append("start")
    ledger.sync()
    assert read_entry(lines(folder)[0][:-1]).time == "2026-01-01T00:00:00.000Z"


def test_a_log_that_is_moved_away_takes_no_more(folder):
    ledger = opened(folder)
    ledger.append("hold")
    (folder / "entries.log").rename(folder / "elsewhere")
    with pytest.raises(FileNotFoundError):
        ledger.sync()
    with pytest.raises(ValueError, match="closed or has failed"):
        ledger.sync()
    ledger.close()
