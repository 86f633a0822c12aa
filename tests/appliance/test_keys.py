import math
import stat
import subprocess
import unicodedata

import pytest

from appliance import keys, ulid
from appliance.keys import (
    WrappedSecretDamaged,
    WrongIdentity,
    WrongPassphrase,
    create_signing_key,
    load_signing_key,
    new_age_pair,
    new_data_key,
    new_setup_code,
    open_data_key,
    recipient_of,
    seal_data_key,
    tidy_setup_code,
    unwrap_secret,
    wrap_secret,
)

SECRET = b"AGE-SECRET-KEY-1..."
PASSPHRASE = "오산시 녹취 令和8年"


@pytest.fixture(scope="module")
def wrapped():
    return wrap_secret(SECRET, PASSPHRASE)


def test_the_signing_key_is_the_owners_alone_and_stock_openssl_reads_it(tmp_path):
    key = create_signing_key(tmp_path / "box.key")
    assert stat.S_IMODE((tmp_path / "box.key").stat().st_mode) == 0o600
    assert load_signing_key(tmp_path / "box.key").public_key() == key.public_key()
    command = ["openssl", "pkey", "-in", str(tmp_path / "box.key"), "-noout", "-text"]
    assert b"ED25519" in subprocess.run(command, capture_output=True, check=True).stdout


def test_a_signing_key_is_never_replaced(tmp_path):
    create_signing_key(tmp_path / "box.key")
    before = (tmp_path / "box.key").read_bytes()
    with pytest.raises(FileExistsError):
        create_signing_key(tmp_path / "box.key")
    assert (tmp_path / "box.key").read_bytes() == before


def test_a_missing_or_foreign_signing_key_stops_the_start(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_signing_key(tmp_path / "box.key")
    command = ["openssl", "genpkey", "-algorithm", "X25519", "-out", str(tmp_path / "box.key")]
    subprocess.run(command, check=True)
    with pytest.raises(ValueError, match="want an Ed25519 key"):
        load_signing_key(tmp_path / "box.key")


def test_a_public_key_goes_to_text_and_back(tmp_path):
    public = create_signing_key(tmp_path / "box.key").public_key()
    assert keys.public_key_from_text(keys.public_key_text(public)) == public
    with pytest.raises(ValueError):
        keys.public_key_from_text("no key")


def test_a_data_key_opens_to_each_recipient_alone():
    vault, sheet, stranger = (new_age_pair() for _ in range(3))
    data_key = new_data_key()
    age_file = seal_data_key(data_key, [vault.recipient, sheet.recipient])
    assert age_file.startswith(b"age-encryption.org/v1\n")
    assert open_data_key(age_file, vault.identity) == data_key
    assert open_data_key(age_file, sheet.identity) == data_key
    with pytest.raises(WrongIdentity):
        open_data_key(age_file, stranger.identity)
    with pytest.raises(WrongIdentity):
        open_data_key(age_file[:-1], vault.identity)
    with pytest.raises(WrongIdentity, match="31 bytes"):
        open_data_key(seal_data_key(bytes(31), [vault.recipient]), vault.identity)


@pytest.mark.parametrize("recipients", [[], ["age1nonsense"]])
def test_a_data_key_is_not_sealed_to_nobody(recipients):
    with pytest.raises(ValueError, match="nobody|no age recipient"):  # noqa: RUF043
        seal_data_key(bytes(32), recipients)


def test_the_recipient_follows_from_the_identity():
    pair = new_age_pair()
    assert recipient_of(pair.identity) == pair.recipient
    with pytest.raises(WrongIdentity):
        recipient_of(pair.recipient)


def test_a_passphrase_opens_what_it_closed(wrapped):
    assert unwrap_secret(wrapped, PASSPHRASE) == SECRET
    assert (wrapped["t"], wrapped["m_kib"], wrapped["p"]) == (2, 19456, 1)


@pytest.mark.parametrize(
    "typed",
    [unicodedata.normalize("NFD", PASSPHRASE), PASSPHRASE.replace(" ", "\u3000")],
    ids=["decomposed", "wide space"],
)
def test_what_looks_the_same_opens_the_same(wrapped, typed):
    assert typed != PASSPHRASE
    assert unwrap_secret(wrapped, typed) == SECRET


@pytest.mark.parametrize(
    "typed", [PASSPHRASE + " ", PASSPHRASE[:-1], PASSPHRASE.replace("8", "\uff18")]
)
def test_another_passphrase_is_wrong(wrapped, typed):
    with pytest.raises(WrongPassphrase):
        unwrap_secret(wrapped, typed)


def test_an_empty_passphrase_is_refused():
    with pytest.raises(ValueError, match="empty"):
        wrap_secret(SECRET, "")


def test_each_wrapping_is_another(wrapped):
    again = wrap_secret(SECRET, PASSPHRASE)
    assert all(again[name] != wrapped[name] for name in ("salt", "verifier", "sealed"))


def flip(text):
    return ("B" if text[0] != "B" else "C") + text[1:]


@pytest.mark.parametrize("name", ["salt", "verifier"])
def test_another_salt_or_verifier_is_a_wrong_passphrase(wrapped, name):
    with pytest.raises(WrongPassphrase):
        unwrap_secret({**wrapped, name: flip(wrapped[name])}, PASSPHRASE)


def test_a_damaged_secret_is_not_called_a_wrong_passphrase(wrapped):
    with pytest.raises(WrappedSecretDamaged):
        unwrap_secret({**wrapped, "sealed": flip(wrapped["sealed"])}, PASSPHRASE)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"kdf": "scrypt"},
        {"t": 0},
        {"t": "2"},
        {"t": True},
        {"m_kib": 1 << 30},
        {"p": 99},
        {"salt": "AAAA"},
        {"salt": "!"},
    ],
)
def test_costs_and_kinds_that_this_box_does_not_take_are_refused(wrapped, change):
    with pytest.raises(WrappedSecretDamaged):
        unwrap_secret({**wrapped, **change}, PASSPHRASE)


def test_a_missing_field_is_said(wrapped):
    without = {name: value for name, value in wrapped.items() if name != "sealed"}
    with pytest.raises(WrappedSecretDamaged, match="sealed"):
        unwrap_secret(without, PASSPHRASE)


def test_a_setup_code_has_60_bits_in_letters_that_are_not_mistaken():
    code = new_setup_code()
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert not set(code) & set("ILOU")
    assert 12 * math.log2(len(ulid.ALPHABET)) >= 58
    assert len({new_setup_code() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "typed", ["1K2M-Q0XW-9TR1", "ik2mqoxw9trl", " 1k2m qOxw 9tRI\n", "１Ｋ２Ｍ－Ｑ０ＸＷ－９ＴＲ１"]
)
def test_a_setup_code_is_read_as_people_type_it(typed):
    assert tidy_setup_code(typed) == "1K2M-Q0XW-9TR1"


def test_a_setup_code_wraps_a_secret():
    code = new_setup_code()
    assert unwrap_secret(wrap_secret(SECRET, code), tidy_setup_code(code.lower())) == SECRET


def test_a_secret_wrapped_at_another_cost_is_known(wrapped):
    assert keys.wrapped_as_now(wrapped)
    assert not keys.wrapped_as_now({**wrapped, "t": 1})
    assert not keys.wrapped_as_now({**wrapped, "m_kib": 8 * 1024})


def test_an_identity_is_sealed_to_the_sheet_alone():
    vault, sheet, stranger = (new_age_pair() for _ in range(3))
    age_file = keys.seal_identity(vault.identity, sheet.recipient)
    assert age_file.startswith(b"age-encryption.org/v1\n")
    assert keys.open_identity(age_file, sheet.identity) == vault.identity
    for wrong in (vault.identity, stranger.identity):
        with pytest.raises(WrongIdentity):
            keys.open_identity(age_file, wrong)
    with pytest.raises(WrongIdentity):
        keys.open_identity(age_file[:-1], sheet.identity)
    data_key = seal_data_key(new_data_key(), [sheet.recipient])
    with pytest.raises(WrongIdentity):
        keys.open_identity(data_key, sheet.identity)
