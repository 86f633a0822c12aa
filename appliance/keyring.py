"""What stands in the registry for a person, and what their passphrase opens of it.

    wrapped    their own age identity under their passphrase (keys.wrap_secret)
    recipient  its public half
    vault      the vault's secret, an age file to it; "" for whose roles open no recording
    factor     their second factor, an age file to it; "" while there is none

So the recordings are opened to somebody, and closed again, without their passphrase: whoever has
the vault's secret seals it to them, and taking it away is to forget that file. A stolen card or
backup gives nothing: without a passphrase none of it opens, the second factor included.

In a row of `kirok init`, or of an older version, there is no recipient: `wrapped` holds the vault's
secret itself, and the next sign-in puts an identity of their own in its place.

Source: C2SP age.md (X25519).
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyrage

from appliance import keys
from appliance.keys import WrappedSecretDamaged

#: A secret as `keys.wrap_secret` returns it: plain values that JSON can hold.
Wrapped = dict[str, Any]
Wrap = Callable[[bytes, str], Wrapped]


@dataclass(frozen=True, slots=True)
class Keyring:
    """A person's keys, as in their row."""

    wrapped: Wrapped
    recipient: str
    vault: str


def make(wrap: Wrap, passphrase: str, secret: bytes) -> tuple[Keyring, bytes]:
    """Make somebody's keys; return them, and what the passphrase opens: their own identity.

    Args:
        secret: the vault's; b"" for whose roles open no recording.
    """
    own = keys.new_age_pair()
    vault = seal(secret, own.recipient) if secret else ""
    identity = own.identity.encode()
    return Keyring(wrap(identity, passphrase), own.recipient, vault), identity


def rewrapped(
    wrap: Wrap, passphrase: str, recipient: str, own: bytes
) -> tuple[dict[str, Any], bytes]:
    """Return what changes in a row with its passphrase, and what the new passphrase opens."""
    if recipient:
        return {"wrapped": wrap(own, passphrase)}, own
    made, own = make(wrap, passphrase, own)
    return {"wrapped": made.wrapped, "recipient": made.recipient, "vault": made.vault}, own


def vault_secret(recipient: str, vault: str, own: bytes) -> bytes:
    """Return the vault's secret, from what a passphrase opened; b"" for who may not have it.

    Raises:
        WrappedSecretDamaged: see there.
    """
    if not recipient:
        return own
    return unseal(vault, own) if vault else b""


def seal(secret: bytes, recipient: str) -> str:
    """Return a secret that one person alone can open, in base 64."""
    sealed = pyrage.encrypt(secret, [pyrage.x25519.Recipient.from_str(recipient)])
    return base64.b64encode(sealed).decode()


def unseal(sealed: str, own: bytes) -> bytes:
    """Return what was sealed to a person.

    Raises:
        WrappedSecretDamaged: it is not as it was written, or for somebody else.
    """
    try:
        identity = pyrage.x25519.Identity.from_str(own.decode())
        return bytes(pyrage.decrypt(base64.b64decode(sealed, validate=True), [identity]))
    except (binascii.Error, UnicodeDecodeError, pyrage.IdentityError, pyrage.DecryptError):
        raise WrappedSecretDamaged("sealed to a person, and does not open") from None
