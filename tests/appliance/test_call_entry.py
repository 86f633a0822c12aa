from datetime import timedelta
from hashlib import sha256

import pytest

from appliance.call_entry import commit, commitments, facts, framed, salt_of, stretches
from tests.appliance.scene import START
from tests.appliance.test_index import row

SALT = bytes(range(32))


def a_row(**more):
    end = START + timedelta(seconds=9)
    given = {"end": end, "audio_samples": 8001, **more}
    return row(1, number="03180367114", digits="", **given)


def test_an_entry_holds_no_number():
    said = repr({**facts(a_row()), **commitments(a_row(), SALT, bytes(32))})
    assert "0318" not in said
    assert "'audio_ms': 1000" in said


def test_the_agreement_to_what_was_begun_by_hand_is_in_the_entry():
    part = {"at_s": 5.125, "audio_s": 0.0, "until_s": 9.0, "by": "key", "agreed": "2.3"}
    said = facts(a_row(stretches=[part, {**part, "at_s": 7.0, "by": "button"}]))
    assert said["agreed"] == [
        {"at_ms": 5125, "by": "key", "clause": "2.3"},
        {"at_ms": 7000, "by": "button", "clause": "2.3"},
    ]
    assert "agreed" not in facts(a_row())


def test_what_was_kept_is_told_again_from_the_entry():
    parts = [
        {"at_s": 6.0, "audio_s": 0.0, "until_s": 9.5, "by": "key", "agreed": "2.3"},
        {"at_s": 20.125, "audio_s": 3.5, "until_s": None, "by": "button", "agreed": "2.3"},
    ]
    assert stretches(facts(a_row(stretches=parts))) == parts
    assert "parts" not in facts(a_row(stretches=[]))


def test_an_older_entry_without_parts_was_kept_until_the_end():
    row = a_row(end=a_row().start + timedelta(seconds=60), audio_samples=50 * 8000)
    old = {name: value for name, value in facts(row).items() if name != "parts"}
    assert stretches(old) == [{"at_s": 10.0, "audio_s": 0.0, "until_s": 60.0}]
    assert stretches({**old, "audio_ms": 0}) == []


def test_a_commitment_hides_and_binds():
    assert commit("031-8036-7114", SALT) == commit(b"031-8036-7114", SALT)
    assert commit("031-8036-7114", bytes(32)) != commit("031-8036-7114", SALT)
    assert commitments(a_row(), SALT, b"x")["number"] == commit("03180367114", SALT)
    assert commitments(a_row(), SALT, b"x")["digits"] == commit("", SALT)
    with pytest.raises(ValueError, match="want 32"):
        commit("031", b"short")


def test_the_bytes_of_a_commitment():
    # openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f -binary | base64
    assert commit("0318036", SALT) == "LPJDScx/2cJftbAPDRyDV/igRXeuJ7jviwRQdOtG6mA="
    # printf 'kirok ledger salt v1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00...
    salt = "7c164cd2222fab4f7eefee384c70b19c2b2d35f39336d2215f9c4459ffd293f4"
    assert salt_of(bytes(32)).hex() == salt


def test_the_sum_of_packets_does_not_depend_on_the_pieces():
    whole = sha256(framed([b"ab", b"c"])).digest()
    assert framed([b"ab", b"c"]) == b"\0\2ab\0\1c"
    assert sha256(framed([b"ab"]) + framed([b"c"])).digest() == whole
