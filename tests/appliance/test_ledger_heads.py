import pytest

from appliance.checkpoint import Checkpoint
from appliance.ledger_heads import pack_resume, read_head, read_resume
from tests.appliance.test_ledger import PUBLIC, filled, folder

__all__ = ["folder"]


def test_the_head_and_the_resume_are_of_one_tree(folder):
    filled(folder)
    head, resume = read_head(folder, PUBLIC), read_resume(folder, PUBLIC)
    assert isinstance(head, Checkpoint)
    assert (head.size, head.root) == (resume.tree.size, resume.tree.root())
    log = (folder / "entries.log").read_bytes()
    assert log[resume.offset :].count(b"\n") == 1  # the head's own entry


def test_why_a_head_is_not_believed_names_no_path(folder):
    assert read_head(folder, PUBLIC) == "No such file or directory"
    (folder / "head").write_text("noise")
    assert read_head(folder, PUBLIC) == "not a checkpoint with one signature"


def test_a_resume_is_believed_only_with_its_head(folder):
    filled(folder)
    resume = read_resume(folder, PUBLIC)
    note = (folder / "head").read_text()
    packed = pack_resume(note, resume.tree.peaks, resume.last, resume.offset)
    assert (folder / "resume").read_bytes() == packed
    (folder / "resume").write_bytes(pack_resume(note, [], resume.last, resume.offset))
    with pytest.raises(ValueError, match="peaks"):
        read_resume(folder, PUBLIC)
