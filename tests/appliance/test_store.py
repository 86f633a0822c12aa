"""Keys, reels, index and ledger in the order that a power cut asks for."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from appliance import call_entry, keys, policy
from appliance.api import NoSuchCall
from appliance.dating import Known
from appliance.index import CallIndex
from appliance.kept_audio import Heard, Piece
from appliance.policy import load
from appliance.proof import Proof
from appliance.recovery import recover
from appliance.store import Parts, Store
from appliance.ulid import Ulids
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import open_table
from appliance.vault.reader import read_call
from dsp.opus import LOOKAHEAD
from tests.appliance.scene import START
from tests.appliance.test_index import row as any_row

IDS = Ulids()


class Ledger:
    """Notes what is entered, and what of it is on the disk."""

    def __init__(self):
        self.entries = []
        self.synced = 0

    def append(self, act, /, **facts):
        self.entries.append((act, facts))
        return len(self.entries) - 1

    def sync(self):
        self.synced = len(self.entries)

    def publish_head(self):
        return ""


@pytest.fixture
def pair():
    return keys.new_age_pair()


@pytest.fixture
def parts(tmp_path, pair):
    for name in ("vault", "secrets"):
        (tmp_path / name).mkdir()
    with CallIndex.open(tmp_path / "calls.db") as index:
        secrets = DaySecrets(tmp_path / "secrets")
        recipients = (pair.recipient,)
        osan = policy.load("osan")
        yield Parts("box1", tmp_path / "vault", secrets, index, Ledger(), recipients, osan)


@pytest.fixture
def to_prove():
    return []


@pytest.fixture
def store(parts, to_prove):
    return Store(parts, to_prove.append)


def a_call(day="2026-11-23", **facts):
    new = any_row(id=IDS.new(round(START.timestamp() * 1000)), day=day)
    return replace(new, **facts)


def pieces(call, *numbers):
    return [(call.id, Piece([f"packet {n}".encode()], n * 160)) for n in numbers]


def ended(call, samples=320):
    return replace(
        call, end=call.start + timedelta(seconds=9), ended_by="on_hook", audio_samples=samples
    )


def live(store, call):
    store.begin(call)
    store.audio(pieces(call, 0, 1))
    store.end(ended(call), Heard(320, 52, (-20.0,)))
    store.tick()


def test_a_call_goes_to_key_reel_index_ledger_and_proof(store, parts, to_prove, pair):
    call = a_call()
    live(store, call)
    (proving,) = to_prove
    assert (proving.call_id, proving.heard.levels) == (call.id, (-20.0,))

    kept = parts.index.get(call.id)
    assert (kept.proof, kept.reel) == ("pending", "2026-11-23/000.reel")
    table = open_table(parts.vault / call.day, parts.secrets)
    data_key = keys.open_data_key(table.get(call.id), pair.identity)
    record = read_call(parts.vault / kept.reel, call.id, data_key, last_offset=kept.last_offset)
    assert record.packets == [b"packet 0", b"packet 1"]
    assert record.chain.hex() == kept.chain
    assert (record.facts["number"], record.facts["lookahead"]) == (call.number, 52)
    assert [act for act, _ in parts.ledger.entries] == ["call"]
    assert parts.ledger.synced == 1
    assert kept.entry == 0


def test_the_ledger_commits_to_the_sound_and_the_number(store, parts, to_prove):
    live(store, a_call(number="0318036114"))
    _, entered = parts.ledger.entries[0]
    salt = call_entry.salt_of(to_prove[0].data_key)
    assert entered["number"] == call_entry.commit("0318036114", salt)
    sound = sha256(b"\0\x08packet 0\0\x08packet 1").digest()
    assert entered["audio"] == call_entry.commit(sound, salt)


def test_the_ledger_has_no_number(store, parts):
    live(store, a_call(number="0318036114"))
    assert "0318036114" not in repr(parts.ledger.entries)


def test_a_call_is_in_the_index_as_soon_as_it_begins(store, parts):
    call = a_call()
    store.begin(call)
    assert parts.index.unfinished()[0].reel == "2026-11-23/000.reel"
    store.change(replace(call, digits="119"))
    assert parts.index.get(call.id).digits == ""
    store.tick()
    assert parts.index.get(call.id).digits == "119"


def test_a_missed_call_is_sealed_too_and_needs_no_proof(store, parts, to_prove):
    call = a_call()
    store.begin(call)
    store.end(ended(call, samples=0), Heard())
    store.tick()
    assert to_prove == []
    assert parts.index.get(call.id).proof == "none"
    assert parts.index.get(call.id).last_offset is not None


def test_the_proof_is_entered(store, parts):
    call = a_call()
    live(store, call)
    store.proved(call.id, Proof(False, "second 1: quiet"))
    assert (parts.index.get(call.id).proof, parts.index.get(call.id).proof_note) == (
        "failed",
        "second 1: quiet",
    )
    assert parts.ledger.entries[-1][0] == "proof"


def test_a_call_past_midnight_stays_in_its_days_reel(store, parts):
    late, early = a_call(day="2026-11-23"), a_call(day="2026-11-24")
    store.begin(late)
    store.begin(early)
    store.audio(pieces(late, 0))
    store.tick()
    store.end(ended(late), Heard(160, 52, (-20.0,)))
    store.tick()
    assert parts.index.get(late.id).reel == "2026-11-23/000.reel"
    assert parts.index.get(early.id).reel == "2026-11-24/000.reel"
    again = a_call(day="2026-11-23")
    store.begin(again)
    assert parts.index.get(again.id).reel == "2026-11-23/001.reel"


def apart(store, call):
    """Begin a call and keep some of it apart."""
    store.begin(call)
    store.keep_apart(call)
    store.audio(pieces(call, 0, 1))
    store.tick()


def opened(parts, pair, call):
    kept = parts.index.get(call.id)
    age_file = open_table(parts.vault / call.day, parts.secrets).get(call.id)
    data_key = keys.open_data_key(age_file, pair.identity)
    return read_call(parts.vault / kept.reel, call.id, data_key, last_offset=kept.last_offset)


def test_that_a_call_is_kept_is_known_before_its_audio_is_safe(store, parts):
    """A cut between the two must not leave audio of a call that nobody answered."""
    call = a_call(end=None, why="missed")
    store.begin(call)
    stretches = [{"at_s": 1.0, "audio_s": 0.0, "until_s": None}]
    store.change(replace(call, why="full", stretches=stretches))
    store.audio(pieces(call, 0))
    (parts.vault / call.day / "000.reel").unlink()
    with pytest.raises(FileNotFoundError):
        store.tick()
    kept = parts.index.get(call.id)
    assert (kept.why, kept.stretches) == ("full", stretches)


def test_what_was_kept_apart_is_the_calls(store, parts, to_prove, pair):
    call = a_call()
    apart(store, call)
    store.audio(pieces(call, 2))
    store.end(ended(call, 480), Heard(480))
    store.tick()
    assert opened(parts, pair, call).packets == [b"packet 0", b"packet 1", b"packet 2"]
    assert parts.index.get(call.id).reel == "2026-11-23/001.reel"
    assert to_prove[0].reel == parts.vault / "2026-11-23/001.reel"


def test_what_was_kept_apart_is_taken_back_whole(store, parts, to_prove, pair):
    call, other = a_call(), a_call(line=2)
    apart(store, call)
    first = open_table(parts.vault / call.day, parts.secrets).get(call.id)
    live(store, other)
    store.audio(pieces(call, 2))
    store.take_back(call)
    assert sorted(path.name for path in parts.vault.glob("*/*.reel")) == ["000.reel"]
    store.audio(pieces(call, 0))
    store.end(ended(call, 160), Heard(160))
    store.tick()
    record = opened(parts, pair, call)
    assert (record.packets, record.complete) == ([b"packet 0"], True)
    assert open_table(parts.vault / call.day, parts.secrets).get(call.id) != first
    sound = sha256(b"\0\x08packet 0").digest()
    salt = call_entry.salt_of(to_prove[-1].data_key)
    assert parts.ledger.entries[-1][1]["audio"] == call_entry.commit(sound, salt)
    store.close()


def test_a_call_cut_off_while_it_is_kept_apart_has_its_audio(store, parts):
    call = a_call(end=None, stretches=[{"at_s": 1.0, "audio_s": 0.0, "until_s": None}])
    apart(store, call)
    (row,) = recover(parts.index, parts.vault, parts.ledger)
    assert (row.audio_samples, row.proof) == (320 - LOOKAHEAD, "pending")


def test_a_call_cut_off_after_it_was_taken_back_has_none(store, parts):
    call = a_call(end=None)
    apart(store, call)
    store.take_back(call)
    (row,) = recover(parts.index, parts.vault, parts.ledger)
    assert (row.audio_samples, row.proof, row.reel) == (0, "none", "2026-11-23/000.reel")


def test_a_listen_is_in_the_ledger_before_the_key_is_out(store, parts, pair):
    call = a_call()
    live(store, call)
    age_file = store.open_key(call.id, "p1", "listen", "dispute")
    assert parts.ledger.entries[-1] == (
        "listen",
        {"call": call.id, "person": "p1", "purpose": "dispute"},
    )
    assert parts.ledger.synced == len(parts.ledger.entries)
    assert len(keys.open_data_key(age_file, pair.identity)) == 32
    assert [(h.person, h.act, h.purpose) for h in store.hearings(call.id)] == [
        ("p1", "listen", "dispute")
    ]


@pytest.mark.parametrize("why", ["unknown", "going on", "missed", "erased"])
def test_what_cannot_be_heard_gives_no_key_and_no_entry(store, parts, why):
    call = a_call()
    if why == "going on":
        store.begin(call)
    elif why == "missed":
        store.begin(call)
        store.end(ended(call, samples=0), Heard())
    elif why == "erased":
        live(store, call)
        parts.index.put(replace(parts.index.get(call.id), erased=START))
    store.tick()
    before = len(parts.ledger.entries)
    with pytest.raises(NoSuchCall):
        store.open_key(call.id, "p1", "listen", "dispute")
    assert len(parts.ledger.entries) == before


def test_a_new_start_goes_on_in_a_new_reel(parts, to_prove):
    first, second = a_call(), a_call()
    one = Store(parts, to_prove.append)
    live(one, first)
    one.close()
    two = Store(parts, to_prove.append)
    live(two, second)
    two.close()
    assert parts.index.get(first.id).reel == "2026-11-23/000.reel"
    assert parts.index.get(second.id).reel == "2026-11-23/001.reel"


def test_a_reel_that_was_lost_gives_its_name_to_no_other(parts, to_prove):
    first, second = a_call(), a_call()
    one = Store(parts, to_prove.append)
    live(one, first)
    one.close()
    (parts.vault / "2026-11-23" / "000.reel").unlink()
    two = Store(parts, to_prove.append)
    live(two, second)
    two.close()
    assert parts.index.get(second.id).reel == "2026-11-23/001.reel"
    assert [path.name for path in parts.vault.glob("*/*.reel")] == ["001.reel"]


@pytest.mark.parametrize("whole, proof", [(True, "verified"), (False, "failed")])
def test_a_call_that_waited_for_its_proof_is_proved_by_who_opens_it(store, parts, whole, proof):
    call = a_call()
    live(store, call)
    assert store.opened(call.id, whole)
    assert parts.index.get(call.id).proof == proof
    assert parts.ledger.entries[-1][0] == "proof"
    assert not store.opened(call.id, not whole)
    assert parts.index.get(call.id).proof == proof


OSAN = load("osan")
KNOWN = Known(START.timestamp(), "4f1c", 5000.0, "ntp")


def in_doubt(uptime_ms):
    told = START - timedelta(days=3652)
    unsure = {"dated": "unsure", "boot": "4f1c", "uptime_ms": uptime_ms, "due": None}
    return a_call("2016-11-23-doubt", start=told, **unsure)


def test_calls_recorded_on_a_wrong_date_are_put_right_when_the_date_is_known(store, parts):
    before, after, sure = in_doubt(4_000_000), in_doubt(5_100_000), a_call()
    live(store, before)
    live(store, sure)
    store.date_known(None, OSAN)
    assert parts.index.get(before.id).dated == "unsure"
    store.begin(after)
    store.date_known(KNOWN, OSAN)
    kept = parts.index.get(before.id)
    assert (kept.start, kept.told_start) == (START - timedelta(seconds=1000), before.start)
    assert (kept.due, kept.reel) == (OSAN.due(START), "2016-11-23-doubt/000.reel")
    # One that ends later is put right then.
    store.end(ended(after), Heard(320, 52, (-20.0,)))
    store.tick()
    assert parts.index.get(after.id).start == START + timedelta(seconds=100)
    assert parts.index.get(sure.id).told_start is None
    dated = [facts["call"] for act, facts in parts.ledger.entries if act == "dated"]
    assert dated == [before.id, after.id]
    assert parts.ledger.synced == len(parts.ledger.entries)


def test_the_power_goes_between_the_entry_and_the_row_and_it_is_put_right_again(store, parts):
    call = in_doubt(4_000_000)
    live(store, call)
    parts.index.close()  # the rows can no longer be written
    with pytest.raises(Exception, match="closed"):
        store.date_known(KNOWN, OSAN)
    with CallIndex.open(parts.vault.parent / "calls.db") as index:
        again = Store(replace(parts, index=index), [].append)
        again.date_known(KNOWN, OSAN)
        assert index.get(call.id).dated == "corrected"
