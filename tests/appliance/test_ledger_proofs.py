import pytest

from appliance import checkpoint, tlog_proof
from appliance.checkpoint import Checkpoint
from appliance.ledger_proofs import prove, prove_growth
from appliance.ledger_walk import pack_line, unpack_line
from appliance.merkle import verify_consistency
from tests.appliance.test_ledger import KEY, PUBLIC, filled, folder, lines, put

__all__ = ["folder"]


def test_an_entry_is_proved_under_the_head(folder):
    filled(folder)
    head = checkpoint.read((folder / "head").read_text(), PUBLIC)
    for index, proved in zip((0, 6, 11), prove(folder, (0, 6, 11), PUBLIC), strict=True):
        assert proved.entry == lines(folder)[index][9:-1]
        assert tlog_proof.check(proved.entry, proved.proof, PUBLIC) == head
    with pytest.raises(ValueError, match="entry 12, a head over 12"):
        prove(folder, [0, 12], PUBLIC)


def test_a_log_that_was_changed_proves_nothing(folder):
    filled(folder)
    every = lines(folder)
    put(folder, [every[0], pack_line({**unpack_line(every[1][:-1]), "act": "x"}), *every[2:]])
    with pytest.raises(ValueError, match="not its"):
        prove(folder, [0], PUBLIC)


def test_a_head_is_shown_to_continue_an_older_one(folder):
    filled(folder)
    old = (folder / "head").read_text()
    filled(folder)
    growth = prove_growth(folder, old, PUBLIC)
    was, now = checkpoint.read(growth.old, PUBLIC), checkpoint.read(growth.note, PUBLIC)
    assert (was.size, now.size) == (12, 25)
    assert verify_consistency(12, 25, growth.hashes, was.root, now.root)


def test_another_history_continues_nothing(folder):
    filled(folder)
    old = (folder / "head").read_text()
    every = lines(folder)
    put(folder, [every[0], pack_line({**unpack_line(every[1][:-1]), "act": "x"}), *every[2:]])
    with pytest.raises(ValueError, match="not what its head was signed for"):
        prove_growth(folder, old, PUBLIC)
    put(folder, every)
    filled(folder, 7, heads=())
    other = checkpoint.sign(Checkpoint("kirok/box-7", 12, bytes(32)), KEY)
    with pytest.raises(ValueError, match="another history"):
        prove_growth(folder, other, PUBLIC)
    put(folder, every[:4])
    with pytest.raises(ValueError, match="a log of 4"):
        prove_growth(folder, old, PUBLIC)
