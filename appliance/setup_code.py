"""The one-time code that a new box shows on its console: whoever reads it there may set the box up.

Twelve characters of 32 give 60 bits. The vault's secret lies wrapped under the code until the first
administrator has chosen a passphrase; no box has a password from the factory.

The alphabet is Crockford's base 32, so that what a hurried reader mistakes (O for 0, I or L for 1)
still counts.

Source: D. Crockford, "Base 32", https://www.crockford.com/base32.html
"""

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
GROUP: Final = 4
_MISREAD: Final = str.maketrans("OIL", "011")


def new_code() -> str:
    """Return a fresh code as it is shown, in groups: `7K3M-Q0ZD-92XB`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[n : n + GROUP] for n in range(0, LENGTH, GROUP))


def as_passphrase(typed: str) -> str:
    """Return what the secret is wrapped under, for a code as shown or as somebody typed it."""
    return "".join(c for c in typed.upper() if c.isalnum()).translate(_MISREAD)
