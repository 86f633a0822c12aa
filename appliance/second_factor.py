"""A second factor beside the passphrase: the six digits of an authenticator app, or a paper code.

    secret  160 bits, shared with the app once, as a QR code or typed by hand
    code    HMAC-SHA-1 of the step of 30 s, six digits: what every app does unless told otherwise;
            the step before and the step after are taken too, and no step is taken twice
    paper   ten recovery codes of 40 bits, such as "7K2M-Q0XW", one use each, for a lost phone

Both are kept as JSON sealed to the person (keyring.py): they can be looked at only after the
passphrase, so a stolen card gives no code.

Source: RFC 6238 (5.2: one step either way; one use), RFC 4226 (4, R6: 160 bits); OWASP
Multifactor Authentication Cheat Sheet.
"""

import hmac
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Final

import pyotp

from appliance import keys, ulid
from appliance.keys import WrappedSecretDamaged
from appliance.profile import Profile

#: Who has one of these needs a second factor.
GUARDED: Final = frozenset({"call.listen", "copy.make", "rights.grant", "request.approve"})
STEP_S: Final = 30
#: Clocks of phone and box may differ by this many steps.
STEPS_OFF: Final = 1
#: 32 letters of base 32: 160 bits.
SECRET_LETTERS: Final = 32
RECOVERY_CODES: Final = 10
_RECOVERY_LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Factor:
    """Attributes: secret: base 32; papers: the recovery codes that are left."""

    secret: str = field(repr=False)
    papers: tuple[str, ...] = field(repr=False)


def new() -> Factor:
    papers = (_paper() for _ in range(RECOVERY_CODES))
    return Factor(pyotp.random_base32(SECRET_LETTERS), tuple(papers))


def uri(factor: Factor, name: str, issuer: str) -> str:
    """Return what the QR code says: otpauth://totp/..."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=name, issuer_name=issuer)


def spaced(factor: Factor) -> str:
    """Return the secret in groups of four, to be typed by hand."""
    return " ".join(re.findall("....", factor.secret))


def step_of(factor: Factor, typed: str, now_s: float, after: int = 0) -> int | None:
    """Return the step that a code is of, None if it is of none that may be taken.

    Args:
        typed: as typed: full-width digits and spaces do no harm.
        after: the newest step of which a code has been taken.
    """
    digits, now = _tidy(typed), int(now_s) // STEP_S
    code = pyotp.TOTP(factor.secret)
    steps = range(now - STEPS_OFF, now + STEPS_OFF + 1)
    # Each is compared, so that the time tells nothing.
    fits = [hmac.compare_digest(code.generate_otp(step), digits) for step in steps]
    return next((step for step, fit in zip(steps, fits, strict=True) if fit and step > after), None)


def without(factor: Factor, typed: str) -> Factor | None:
    """Return a factor without the recovery code that was typed, None if it is none of them."""
    paper = keys.tidy_setup_code(typed)
    fits = [hmac.compare_digest(each.encode(), paper.encode()) for each in factor.papers]
    if not any(fits):
        return None
    left = (each for each, fit in zip(factor.papers, fits, strict=True) if not fit)
    return replace(factor, papers=tuple(left))


def needed(profile: Profile, roles: frozenset[str]) -> bool:
    """Say whether somebody who holds these roles needs a second factor."""
    return any(profile.may(roles, right) for right in GUARDED)


def pack(factor: Factor) -> bytes:
    return json.dumps({"secret": factor.secret, "papers": factor.papers}).encode()


def unpack(packed: bytes) -> Factor:
    """Return a factor that was packed.

    Raises:
        WrappedSecretDamaged: see there.
    """
    try:
        value = json.loads(packed)
        return Factor(str(value["secret"]), tuple(str(each) for each in value["papers"]))
    except (ValueError, KeyError, TypeError):
        raise WrappedSecretDamaged("a second factor is not as it was written") from None


def _paper() -> str:
    letters = "".join(secrets.choice(ulid.ALPHABET) for _ in range(_RECOVERY_LETTERS))
    return f"{letters[:4]}-{letters[4:]}"


def _tidy(typed: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", typed))[:10]
