"""Signed heads of the ledger: what its tree was when the box put its name to it.

    kirok/box-7            origin, and the key's name
    1042                   entries
    q8W...=                root, base 64

    — kirok/box-7 Az3...=  base 64 of key id || Ed25519 signature of the lines above the empty one

    key id = first 4 bytes of SHA-256(name || LF || 01 || public key)

Source: C2SP tlog-checkpoint and signed-note.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_NOTE = re.compile(
    r"(?P<body>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]*)\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    r"\n— (?P=origin) (?P<signature>[A-Za-z0-9+/]+={0,2})\n"
)


class BadCheckpoint(ValueError):
    """The text is no checkpoint, or not signed by this key."""


class KeyDiffers(BadCheckpoint):
    """It says that another key signed it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the signed note."""
    root = base64.b64encode(checkpoint.root).decode()
    body = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
    signature = key.sign(body.encode())
    named = base64.b64encode(_key_id(checkpoint.origin, key.public_key()) + signature).decode()
    return f"{body}\n— {checkpoint.origin} {named}\n"


def read(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """Return what a note says, once its signature has been checked.

    Raises:
        BadCheckpoint: see there.
    """
    match = _NOTE.fullmatch(note)
    if match is None:
        raise BadCheckpoint("not a checkpoint with one signature")
    try:
        named, root = _decode(match["signature"]), _decode(match["root"])
        if named[:_KEY_ID_BYTES] != _key_id(match["origin"], key):
            raise KeyDiffers("signed by another key")
        key.verify(named[_KEY_ID_BYTES:], match["body"].encode())
    except (binascii.Error, InvalidSignature):
        raise BadCheckpoint("the signature does not fit") from None
    return Checkpoint(match["origin"], int(match["size"]), root)


def verifier_key(origin: str, key: Ed25519PublicKey) -> str:
    """Return the key as other tools for signed notes take it: name, key id and key."""
    encoded = base64.b64encode(_ED25519 + key.public_bytes_raw()).decode()
    return f"{origin}+{_key_id(origin, key).hex()}+{encoded}"


def _decode(text: str) -> bytes:
    """Return base 64's bytes; a text whose spare bits are set is another one's double."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise BadCheckpoint("not the one encoding")
    return data


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[
        :_KEY_ID_BYTES
    ]
