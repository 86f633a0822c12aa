"""The box's keys, and how people come by them.

    signing key      Ed25519, keys/box.key; signs the ledger's heads and provision packages
    vault identity   X25519 (age); its public half seals each call's data key; its secret half is on
                     the box only wrapped for each person by their passphrase
    recovery         X25519 (age); a second recipient, whose secret half is printed once and not
    kept

Source: C2SP age.md; RFC 8032 (Ed25519); RFC 9106 (Argon2), with the OWASP Password Storage Cheat
Sheet's first choice of m = 19 MiB, t = 2, p = 1: 60 ms here, and a Pi 3 holds it beside the
recorder.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyrage
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from appliance import durable, ulid

DATA_KEY_BYTES = 32
ARGON2_TIME_COST = 2
ARGON2_MEMORY_KIB = 19 * 1024
ARGON2_LANES = 1

#: NIST SP 800-63B-4 3.1.1.2 asks for 8 with a second factor; without one, length is all there is.
PASSPHRASE_MIN = 10
#: Longer is a mistake, or an attempt to keep argon2id busy.
PASSPHRASE_MAX = 1000

#: 12 of 32 letters: 60 bits, behind Argon2id, for the hours until the first sign-in.
SETUP_CODE_LETTERS = 12
_GROUP = 4

_WRAP_LABEL = b"kirok/wrap/1"
_SALT_BYTES = 16
#: What a wrapped secret may ask of this box; a damaged or planted file must not take its memory.
_MAX_TIME_COST = 10
_MAX_MEMORY_KIB = 256 * 1024
_MAX_LANES = 4


class WrongPassphrase(Exception):
    """The passphrase does not open the secret."""


class WrappedSecretDamaged(Exception):
    """A wrapped secret is not as it was written."""


class WrongIdentity(Exception):
    """The age file is not for this identity, or is damaged."""


class AgePair(NamedTuple):
    """An age key pair: "AGE-SECRET-KEY-1..." and "age1..."."""

    identity: str
    recipient: str


def new_age_pair() -> AgePair:
    """Make a vault's or a recovery sheet's identity."""
    identity = pyrage.x25519.Identity.generate()
    return AgePair(str(identity), str(identity.to_public()))


def recipient_of(identity: str) -> str:
    """Return the public half of an age identity.

    Raises:
        WrongIdentity: the text is no age identity.
    """
    return str(_identity(identity).to_public())


def create_signing_key(path: Path) -> Ed25519PrivateKey:
    """Make the box's signing key; its file is readable by the owner alone.

    Raises:
        FileExistsError: there is one, and it is untouched.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    durable.publish(path, pem, mode=0o600)
    return key


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the box's signing key.

    Raises:
        FileNotFoundError, ValueError: there is none, or it is no Ed25519 key in PKCS #8 PEM.
    """
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path}: want an Ed25519 key, got {type(key).__name__}")
    return key


def public_key_text(key: Ed25519PublicKey) -> str:
    """Return the 32 bytes of a public key in base 64."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_key_from_text(text: str) -> Ed25519PublicKey:
    """Return the public key of public_key_text.

    Raises:
        ValueError: the text is none.
    """
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def new_data_key() -> bytes:
    """Make the key of one call."""
    return os.urandom(DATA_KEY_BYTES)


def seal_data_key(data_key: bytes, recipients: Sequence[str]) -> bytes:
    """Return a data key as an age file to these recipients ("age1...").

    Raises:
        ValueError: there are none, or one is no age recipient.
    """
    try:
        keys = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as error:
        raise ValueError(f"no age recipient: {error}") from None
    if not keys:
        raise ValueError("a data key sealed to nobody")
    return bytes(pyrage.encrypt(data_key, keys))


def open_data_key(age_file: bytes, identity: str) -> bytes:
    """Return the data key in an age file.

    Raises:
        WrongIdentity: see there.
    """
    try:
        data_key = bytes(pyrage.decrypt(age_file, [_identity(identity)]))
    except pyrage.DecryptError:
        raise WrongIdentity("the age file does not open") from None
    if len(data_key) != DATA_KEY_BYTES:
        raise WrongIdentity(f"got a data key of {len(data_key)} bytes, want {DATA_KEY_BYTES}")
    return data_key


def seal_identity(identity: str, recipient: str) -> bytes:
    """Return an age identity as an age file to one recipient: the recovery sheet's."""
    return bytes(pyrage.encrypt(identity.encode(), [pyrage.x25519.Recipient.from_str(recipient)]))


def open_identity(age_file: bytes, identity: str) -> str:
    """Return the age identity in an age file.

    Raises:
        WrongIdentity: see there.
    """
    try:
        inside = bytes(pyrage.decrypt(age_file, [_identity(identity)])).decode()
    except (pyrage.DecryptError, UnicodeDecodeError):
        raise WrongIdentity("the age file does not open") from None
    return str(_identity(inside))


def wrap_secret(secret: bytes, passphrase: str) -> dict[str, object]:
    """Seal a secret under a passphrase, as a JSON object.

    Argon2id gives one key; expanded under two labels it gives the cipher's key and a verifier. The
    verifier commits to the passphrase, which ChaCha20-Poly1305 alone would not.
    """
    salt = os.urandom(_SALT_BYTES)
    wrapped: dict[str, object] = {
        "v": 1,
        "kdf": "argon2id",
        "t": ARGON2_TIME_COST,
        "m_kib": ARGON2_MEMORY_KIB,
        "p": ARGON2_LANES,
        "salt": _to_text(salt),
    }
    key, verifier = _derive(passphrase, salt, wrapped)
    # The salt is fresh, so the key is used once, and the nonce may be zero.
    sealed = ChaCha20Poly1305(key).encrypt(bytes(12), secret, _WRAP_LABEL)
    return {**wrapped, "verifier": _to_text(verifier), "sealed": _to_text(sealed)}


def unwrap_secret(wrapped: Mapping[str, object], passphrase: str) -> bytes:
    """Return the secret.

    Raises:
        WrongPassphrase, WrappedSecretDamaged: see there.
    """
    salt, verifier, sealed = (_from_text(wrapped, name) for name in ("salt", "verifier", "sealed"))
    if wrapped.get("v") != 1 or wrapped.get("kdf") != "argon2id" or len(salt) != _SALT_BYTES:
        raise WrappedSecretDamaged("not of a kind known here")
    key, want = _derive(passphrase, salt, wrapped)
    if not hmac.compare_digest(verifier, want):
        raise WrongPassphrase("wrong passphrase")
    try:
        return ChaCha20Poly1305(key).decrypt(bytes(12), sealed, _WRAP_LABEL)
    except InvalidTag:
        raise WrappedSecretDamaged("the verifier fits, the secret does not open") from None


def wrapped_as_now(wrapped: Mapping[str, object]) -> bool:
    """Say whether a secret is wrapped as `wrap_secret` does it today, or should be once more."""
    cost = {"v": 1, "t": ARGON2_TIME_COST, "m_kib": ARGON2_MEMORY_KIB, "p": ARGON2_LANES}
    return all(wrapped.get(name) == value for name, value in cost.items())


def tidy_passphrase(passphrase: str) -> bytes:
    """Return the bytes that count: one way to write what looks the same (RFC 8265, OpaqueString).

    Korean typed on a Mac comes as separate letters, on a phone as syllables; a Japanese keyboard
    gives a wide space.

    Raises:
        ValueError: nothing is left.
    """
    spaced = "".join(
        " " if unicodedata.category(letter) == "Zs" else letter for letter in passphrase
    )
    tidy = unicodedata.normalize("NFC", spaced).encode()
    if not tidy:
        raise ValueError("an empty passphrase")
    return tidy


def new_setup_code() -> str:
    """Make a one-time code, such as "7K2M-Q0XW-9TRD".

    It wraps the vault's identity until somebody has set a passphrase.
    """
    letters = [secrets.choice(ulid.ALPHABET) for _ in range(SETUP_CODE_LETTERS)]
    return "-".join(_groups("".join(letters)))


def tidy_setup_code(typed: str) -> str:
    """Return a setup code as it was made, from how it was typed; what is no code stays none."""
    letters = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed)).upper()
    # Crockford's reading of the letters that his alphabet leaves out.
    return "-".join(_groups(letters.translate(str.maketrans("OIL", "011"))))


def _groups(text: str) -> list[str]:
    return [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise WrongIdentity("no age identity") from None


def _derive(passphrase: str, salt: bytes, cost: Mapping[str, object]) -> tuple[bytes, bytes]:
    stretched = hash_secret_raw(
        tidy_passphrase(passphrase),
        salt,
        time_cost=_bounded(cost, "t", 1, _MAX_TIME_COST),
        memory_cost=_bounded(cost, "m_kib", 8 * _MAX_LANES, _MAX_MEMORY_KIB),
        parallelism=_bounded(cost, "p", 1, _MAX_LANES),
        hash_len=32,
        type=Type.ID,
    )
    both = HKDFExpand(SHA256(), 64, _WRAP_LABEL).derive(stretched)
    return both[:32], both[32:]


def _bounded(cost: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = cost.get(name)
    if type(value) is not int or not low <= value <= high:
        raise WrappedSecretDamaged(f"{name}: got {value!r}, want {low} to {high}")
    return value


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_text(wrapped: Mapping[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(str(wrapped[name]), validate=True)
    except (KeyError, binascii.Error):
        raise WrappedSecretDamaged(f"{name} is missing or not base 64") from None
