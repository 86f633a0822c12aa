"""The way back in with the recovery sheet, after the last passphrase is lost.

The sheet's key opens `keys/vault.recovery.age`, in which is the vault's own identity; that is then
wrapped for a person as ever, and everything opens as before. The sheet's key itself is not kept.

In a folder that has lost that file, the sheet's key takes the place of the vault's identity: each
call's key is sealed to both, so all calls open, past and to come.
"""

import logging

from appliance import durable, keys, recovery_key
from appliance.box import Box

log = logging.getLogger(__name__)


class SealedIdentityDamaged(ValueError):
    """keys/vault.recovery.age is not as it was made."""


def secret_from_sheet(box: Box, typed: str) -> bytes:
    """Return what opens the vault, from what is on the sheet.

    Raises:
        SheetMisread, WrongSheet, SealedIdentityDamaged: see there.
    """
    vault, recovery = box.recipients
    sheet = recovery_key.read(typed, recovery)
    try:
        identity = keys.open_identity(box.sealed_identity.read_bytes(), sheet)
    except FileNotFoundError:
        log.warning("%s is missing: the sheet's own key is used", box.sealed_identity)
        return sheet.encode()
    except keys.WrongIdentity:
        identity = ""
    if not identity or keys.recipient_of(identity) != vault:
        raise SealedIdentityDamaged(
            f"{box.sealed_identity} is damaged: put back a copy, or remove it and try again; the"
            " sheet opens every recording without it"
        )
    return identity.encode()


def seal_if_missing(box: Box, secret: bytes) -> None:
    """Make `keys/vault.recovery.age` where it is missing, from the vault's secret in hand."""
    vault, recovery = box.recipients
    if not box.sealed_identity.exists() and keys.recipient_of(secret.decode()) == vault:
        # Power goes here: it is missing still, and the next who opens the vault makes it.
        durable.publish(box.sealed_identity, keys.seal_identity(secret.decode(), recovery))
