"""The box's public key as it is handed out: `box.pub`, and the line on the label.

    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEA Hk3...=     (without the space) 12 bytes of DER, then the 32 of the key
    -----END PUBLIC KEY-----

Twelve bytes are sixteen letters of base 64: the line ends with the key as the label has it.

Source: RFC 8410, 4 (Ed25519 in SubjectPublicKeyInfo); RFC 7468, 13.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import keys


class NotAKey(ValueError):
    """The text is no Ed25519 public key."""


def pem(key: Ed25519PublicKey) -> bytes:
    """Return the key as box.pub."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def from_pem(data: bytes) -> Ed25519PublicKey:
    """Return the key in a box.pub, byte for byte as pem() makes it.

    Raises:
        NotAKey: see there.
    """
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey) or pem(key) != data:
        raise NotAKey("not the box.pub of a box")
    return key


def from_text(text: str) -> Ed25519PublicKey:
    """Return the key from a box.pub, or from the line on a label.

    Raises:
        NotAKey: see there.
    """
    if text.lstrip().startswith("-----"):
        return from_pem(text.strip().encode() + b"\n")
    try:
        return keys.public_key_from_text(text.strip())
    except ValueError:
        raise NotAKey("no key of a box: want box.pub, or the line on the box's label") from None
