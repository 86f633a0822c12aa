import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from appliance.checkpoint import BadCheckpoint, Checkpoint, read, sign, verifier_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
HEAD = Checkpoint("kirok/box-7", 1042, bytes(range(32, 64)))

# C2SP signed-note's own example (golang.org/x/mod/sumdb/note).
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_note_says_what_was_signed():
    note = sign(HEAD, KEY)
    assert read(note, PUBLIC) == HEAD
    lines = note.split("\n")
    assert lines[:4] == ["kirok/box-7", "1042", base64.b64encode(HEAD.root).decode(), ""]
    assert lines[4].startswith("— kirok/box-7 ")
    assert sign(HEAD, KEY) == note


def test_the_key_id_is_that_of_other_tools():
    name, key_id, encoded = GO_VKEY.split("+", 2)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
    assert verifier_key(name, key) == GO_VKEY
    assert key_id == "c74f20a3"


def test_every_changed_letter_is_found():
    note = sign(HEAD, KEY)
    for at, letter in enumerate(note):
        for other in ("x" if letter != "x" else "y", ""):
            with pytest.raises(BadCheckpoint):
                read(note[:at] + other + note[at + 1 :], PUBLIC)


def test_another_key_is_named():
    with pytest.raises(BadCheckpoint, match="another key"):
        read(sign(HEAD, KEY), Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("note", ["", "\n", "kirok/box-7\n-1\nAAAA\n\n— x y\n"])
def test_what_is_no_note_is_said(note):
    with pytest.raises(BadCheckpoint, match="not a checkpoint"):
        read(note, PUBLIC)
