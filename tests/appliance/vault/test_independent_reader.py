"""A second reader, written from the formats' docstrings alone: stock `age` and forty lines."""

import json
import struct
import subprocess
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def hkdf(key, info):
    return HKDF(SHA256(), 64, None, info).derive(key)


def read_keys(keys_db, secret):
    """Yield (call id, age file) of a key table's rows, of which both copies are the same."""
    data = keys_db.read_bytes()
    day, check = data[9:25], data[25:57]
    both = hkdf(secret, b"kirok/keys/1" + day)
    assert data[:9] == b"\xabKIROKk\n\2" and check == both[32:]
    at = 64
    while at < len(data):
        head = data[at : at + 40]
        if head[:8] != b"\xabKIROKw\n":
            at = (at // 131072 + 1) * 131072
            continue
        _, length, call, nonce = struct.unpack(">8sI16s12s", head)
        row = data[at : at + 40 + length]
        assert row == data[at + 65536 :][: len(row)]
        yield call, ChaCha20Poly1305(both[:32]).decrypt(nonce, row[40:], head)
        at += len(row)


def read_call(reel, call, data_key):
    """Return the packets and the facts of a call, and the end of its chain."""
    data, at, number, packets, facts = reel.read_bytes(), 64, 0, [], None
    both = hkdf(data_key, b"kirok/segment/1" + call)
    chain = both[32:]
    while at < len(data):
        head = data[at : at + 88]
        (length,) = struct.unpack(">I", head[52:56])
        sealed, end = data[at + 88 :][:length], at + 88 + length + 32
        if head[12:28] == call:
            assert head[:9] == b"\xabKIROKs\n\1" and head[28:32] == struct.pack(">I", number)
            assert head[56:] == chain
            nonce = number.to_bytes(11, "big") + head[10:11]
            plain = ChaCha20Poly1305(both[:32]).decrypt(nonce, sealed, head)
            chain, number = sha256(head + sealed).digest(), number + 1
            assert chain == data[end - 32 : end]
            if head[9] == 2:
                facts = json.loads(plain)
            while head[9] == 1 and plain:
                size = int.from_bytes(plain[:2], "big")
                packets.append(plain[2 : 2 + size])
                plain = plain[2 + size :]
        at = end
    return packets, facts, chain


@pytest.fixture
def vault(tmp_path):
    """A day as the recorder leaves it: two calls, one of them missed."""
    from appliance.keys import new_age_pair, new_data_key, seal_data_key
    from appliance.vault.day_secrets import DaySecrets
    from appliance.vault.key_table import open_table
    from appliance.vault.reel import ReelWriter
    from appliance.vault.segment import NO_BACK, CallSealer

    (tmp_path / "secrets").mkdir()
    vault, sheet = new_age_pair(), new_age_pair()
    reel = ReelWriter(tmp_path, "2026-11-23", "box-7")
    keys = [new_data_key(), new_data_key()]
    calls = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"]
    table = open_table(tmp_path / "2026-11-23", DaySecrets(tmp_path / "secrets"))
    recipients = [vault.recipient, sheet.recipient]
    table.add_all(
        {call: seal_data_key(key, recipients) for call, key in zip(calls, keys, strict=True)}
    )
    talk, missed = (CallSealer(call, key) for call, key in zip(calls, keys, strict=True))
    back = reel.append(talk.seal_audio([b"one", b"two"], 0, 320, NO_BACK))
    reel.append(missed.seal_facts({"number": "031-1"}, NO_BACK))
    back = reel.append(talk.seal_audio([b"three"], 320, 160, back))
    reel.append(talk.seal_facts({"number": "031-2"}, back))
    reel.close()
    for name, pair in (("vault", vault), ("sheet", sheet)):
        (tmp_path / f"{name}.txt").write_text(pair.identity + "\n")
    return tmp_path, talk.chain


@pytest.mark.parametrize("identity", ["vault.txt", "sheet.txt"])
def test_stock_age_and_forty_lines_open_a_call(vault, identity):
    data, chain = vault
    day = data / "2026-11-23"
    secret = (data / "secrets" / "2026-11-23.secret").read_bytes()[:32]
    found = []
    for call, age_file in dict(read_keys(day / "keys.db", secret)).items():
        command = ["age", "--decrypt", "--identity", str(data / identity)]
        key = subprocess.run(command, input=age_file, capture_output=True, check=True).stdout
        found.append(read_call(day / "000.reel", call, key))
    assert found[0] == ([b"one", b"two", b"three"], {"number": "031-2"}, chain)
    assert found[1][:2] == ([], {"number": "031-1"})


def test_no_number_lies_in_the_vault(vault):
    data, _ = vault
    for path in (data / "2026-11-23").iterdir():
        assert b"031-" not in path.read_bytes()
