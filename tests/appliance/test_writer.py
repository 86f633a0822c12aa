"""The writer's threads, with stores that are slow, full or broken."""

import threading
from pathlib import Path

import pytest

from appliance import address
from appliance.kept_audio import TICK_S, Heard, Piece
from appliance.proof import Proof
from appliance.store import ToProve
from appliance.vault.segment import NO_BACK, CallSealer
from appliance.writer import MAX_BEHIND_S, Writer, WriterFailed, read_back
from tests.appliance.test_proof import at_level, voice
from tests.kept import kept_packets

CALL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
KEY = bytes(range(32))


class FakeStore:
    """Notes what it is asked; waits while `hold` is set; fails where told."""

    def __init__(self, fails_on=None):
        self.done = []
        self.go = threading.Event()
        self.go.set()
        self._fails_on = fails_on

    def _do(self, name, *args):
        assert self.go.wait(30)
        if name == self._fails_on:
            raise OSError(28, "No space left on device")
        self.done.append((name, *args))

    def begin(self, row):
        self._do("begin", row)

    def change(self, row):
        self._do("change", row)

    def audio(self, pieces):
        self._do("audio", pieces)

    def end(self, row, heard):
        self._do("end", row)

    def tick(self):
        self._do("tick")

    def note(self, act, facts):
        self._do("note", act)

    def proved(self, call_id, proof):
        self._do("proved", call_id, proof)

    def close(self):
        self._do("close")

    def hearings(self, call_id):
        raise LookupError(call_id)


def writer_of(store, **kinds):
    return Writer(lambda prove: store, lambda call_id, proof: None, **kinds)


def names(store):
    return [name for name, *_ in store.done]


def test_everything_is_done_in_order(tmp_path):
    store = FakeStore()
    writer = writer_of(store)
    writer.begin("row")
    writer.audio([])
    writer.change("row")
    writer.end("row", Heard())
    writer.note("login", {})
    writer.close()
    assert names(store) == [
        "begin", "audio", "tick", "change", "end", "note", "tick", "close",
    ]  # fmt: skip


def test_long_work_is_done_a_step_at_a_time_and_lets_audio_go_first():
    store = FakeStore()
    writer = writer_of(store)
    asked, told = threading.Event(), []

    def steps(of):
        assert of is store
        told.append(names(store))
        assert asked.wait(30)
        yield
        told.append(names(store))
        yield
        told.append("end")

    writer.work(steps)
    writer.audio([])
    writer.note("login", {})
    asked.set()
    writer.ask(lambda store: None, 30)  # the second step may stand behind this
    writer.ask(lambda store: None, 30)
    writer.ask(lambda store: None, 30)
    writer.close()
    assert told == [[], ["audio", "tick", "note"], "end"]


def test_a_stalled_disk_does_not_make_the_line_wait():
    store = FakeStore()
    store.go.clear()
    writer = writer_of(store)
    for n in range(round(10 / TICK_S)):  # ten seconds of a disk that hangs
        writer.audio([("call", Piece([b"x"], n * 160))])
    assert writer.lost_pieces == 0
    store.go.set()
    writer.close()
    assert names(store).count("audio") == round(10 / TICK_S)


def test_how_long_the_disk_took_is_told():
    class SlowStore(FakeStore):
        def tick(self):
            threading.Event().wait(0.05)

    writer = writer_of(SlowStore())
    assert writer.counters()["slowest_flush_ms"] == 0
    writer.audio([])
    writer.close()
    assert 50 <= writer.counters()["slowest_flush_ms"] < 30_000


def test_a_disk_that_hangs_for_good_costs_audio_and_not_memory():
    store = FakeStore()
    store.go.clear()
    writer = writer_of(store)
    room = round(MAX_BEHIND_S / TICK_S)
    for n in range(room + 50):
        writer.audio([("call", Piece([b"x"], n * 160))])
    assert writer.lost_pieces == 50
    writer.end("row", Heard())  # what a call is, is never dropped
    store.go.set()
    writer.close()
    assert names(store).count("audio") == room
    assert "end" in names(store)


@pytest.mark.parametrize("fails_on", ["begin", "audio", "tick", "end"])
def test_a_failing_disk_is_told_at_the_next_word(fails_on):
    store = FakeStore(fails_on)
    writer = writer_of(store)
    with pytest.raises(WriterFailed, match="No space left on device"):
        for _ in range(10_000):
            writer.begin("row")
            writer.audio([])
            writer.end("row", Heard())
            threading.Event().wait(0)
    with pytest.raises(WriterFailed):
        writer.close()


def test_a_replay_waits_for_the_disk_and_hears_that_it_failed():
    writer = writer_of(FakeStore("tick"), wait=True)
    with pytest.raises(WriterFailed):
        for _ in range(10 * round(MAX_BEHIND_S / TICK_S)):
            writer.audio([("call", Piece([b"x"], 0))])
    with pytest.raises(WriterFailed):
        writer.close()


def test_what_is_asked_for_is_done_as_from_where_it_was_asked():
    store, seen = FakeStore(), []
    writer = writer_of(store)
    with address.at("192.0.2.7"):
        assert writer.ask(lambda s: address.here(), 5) == "192.0.2.7"
        writer.do(lambda s: seen.append(address.here()))
    writer.do(lambda s: seen.append(address.here()))
    writer.close()
    assert seen == ["192.0.2.7", ""]


def test_a_question_is_answered_and_a_lookup_that_finds_nothing_is_an_answer():
    store = FakeStore()
    writer = writer_of(store)
    assert writer.ask(lambda s: s is store, 5)
    with pytest.raises(LookupError):
        writer.ask(lambda s: s.hearings("x"), 5)
    store.go.clear()
    writer.note("waits", {})
    with pytest.raises(TimeoutError):
        writer.ask(lambda s: True, 0.01)
    store.go.set()
    writer.close()


def sealed_call(folder: Path, spoil=lambda data: data):
    """A reel-like file of one call, and what was heard of it."""
    packets, heard, _ = kept_packets(at_level(voice(), -20))
    sealer = CallSealer(CALL, KEY)
    one = sealer.seal_audio([data for _, data in packets], 0, heard.samples, NO_BACK)
    facts = sealer.seal_facts({"line": 1}, 0)
    path = folder / "000.reel"
    path.write_bytes(spoil(one + facts))
    return ToProve(CALL, path, len(one), KEY, heard)


def test_what_comes_back_from_the_disk_is_proved(tmp_path):
    assert read_back(sealed_call(tmp_path)) == Proof(True)


@pytest.mark.parametrize("at", [0, 100, 5000, -1])
def test_a_byte_that_changed_on_the_disk_fails_the_proof(tmp_path, at):
    def flip(data):
        changed = bytearray(data)
        changed[at] ^= 1
        return bytes(changed)

    assert not read_back(sealed_call(tmp_path, flip)).verified


def test_a_reel_that_cannot_be_read_fails_the_proof(tmp_path):
    call = sealed_call(tmp_path)
    call.reel.unlink()
    assert read_back(call).note.startswith("cannot be read")


def test_a_proof_reaches_the_store_and_the_recorder(tmp_path):
    store, told = FakeStore(), []
    proving = []

    def make(prove):
        proving.append(prove)
        return store

    writer = Writer(make, lambda call_id, proof: told.append((call_id, proof)))
    proving[0](sealed_call(tmp_path))
    writer.close()
    assert told == [(CALL, Proof(True))]
    assert ("proved", CALL, Proof(True)) in store.done
