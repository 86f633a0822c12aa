import pytest

from appliance.package.contents import (
    BadManifest,
    call_id_of,
    manifest_of,
    names,
    read_manifest,
)

CALL = "01JD0000000000000000000000"


def test_a_manifest_is_as_sha256sum_writes_it():
    made = manifest_of({"b": b"", "a": b"abc"})
    assert made.decode().splitlines() == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b",
    ]
    assert list(read_manifest(made)) == ["a", "b"]


@pytest.mark.parametrize("spoil", ["reversed", "twice", "no end", "empty", "binary", "spaces"])
def test_a_manifest_in_another_form_is_refused(spoil):
    rows = manifest_of({"b": b"", "a": b"abc"}).splitlines(keepends=True)
    spoilt = {
        "reversed": rows[::-1],
        "twice": [*rows, rows[1]],
        "no end": [rows[0], rows[1][:-1]],
        "empty": [],
        "binary": [b"\xff\x00\n"],
        "spaces": [row.replace(b"  ", b" *") for row in rows],
    }[spoil]
    with pytest.raises(BadManifest):
        read_manifest(b"".join(spoilt))


def test_the_call_is_that_of_the_record_else_of_the_sound():
    assert call_id_of({}, CALL) == CALL
    assert call_id_of({f"{CALL}.opus": b"", f"{CALL}.wav": b""}, None) == CALL
    other = CALL.replace("JD", "JE")
    assert call_id_of({f"{CALL}.opus": b"", f"{other}.wav": b""}, None) is None
    assert call_id_of({"x.opus": b""}, "../x") is None


def test_every_name_is_once_in_a_package():
    assert len(set(names(CALL))) == len(names(CALL)) == 16
