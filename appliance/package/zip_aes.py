"""WinZip's encryption of a file in a ZIP: AE-2 with AES-256, which 7-Zip opens.

    salt 16 | verifier 2 | content, AES-256 in counter mode | HMAC-SHA1 of that, first 10 bytes

    AES key 32 || HMAC key 32 || verifier 2 = PBKDF2-HMAC-SHA1(passphrase, salt, 1000)

The counter is a block's number from 1, little-endian. 1000 rounds are little: what keeps the
package closed is the passphrase's length, and a generated one has 100 bits.

Source: WinZip, "AES Encryption Information: Encryption Specification AE-1 and AE-2".
"""

import hmac
from hashlib import pbkdf2_hmac

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SALT_BYTES = 16
OVERHEAD_BYTES = 28

_VERIFIER_BYTES, _MAC_BYTES = 2, 10
_ROUNDS, _KEY_BYTES, _BLOCK_BYTES = 1000, 32, 16
#: The key stream is made for a piece of this length at a time.
_PIECE_BYTES = 1 << 20


class WrongPassphrase(ValueError):
    """The verifier is another passphrase's (one in 65 536 wrong ones passes it)."""


class Damaged(ValueError):
    """The file is not as it was sealed; or it passed the verifier by chance."""


def seal(content: bytes, passphrase: str, salt: bytes) -> bytes:
    """Return a file's content encrypted; the salt is fresh for each file."""
    key, mac_key, verifier = _keys(passphrase, salt)
    sealed = _crypt(content, key)
    return salt + verifier + sealed + _mac(sealed, mac_key)


def unseal(data: bytes, passphrase: str) -> bytes:
    """Return the content.

    Raises:
        WrongPassphrase, Damaged: see there.
    """
    if len(data) < OVERHEAD_BYTES:
        raise Damaged(f"{len(data)} bytes, want at least {OVERHEAD_BYTES}")
    salt, verifier = data[:SALT_BYTES], data[SALT_BYTES : SALT_BYTES + _VERIFIER_BYTES]
    sealed, mac = data[SALT_BYTES + _VERIFIER_BYTES : -_MAC_BYTES], data[-_MAC_BYTES:]
    key, mac_key, known = _keys(passphrase, salt)
    if not hmac.compare_digest(verifier, known):
        raise WrongPassphrase("another passphrase")
    if not hmac.compare_digest(mac, _mac(sealed, mac_key)):
        raise Damaged("not as it was sealed")
    return _crypt(sealed, key)


def _keys(passphrase: str, salt: bytes) -> tuple[bytes, bytes, bytes]:
    length = 2 * _KEY_BYTES + _VERIFIER_BYTES
    made = pbkdf2_hmac("sha1", passphrase.encode(), salt, _ROUNDS, length)
    return made[:_KEY_BYTES], made[_KEY_BYTES : 2 * _KEY_BYTES], made[2 * _KEY_BYTES :]


def _mac(sealed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, sealed, "sha1")[:_MAC_BYTES]


def _crypt(data: bytes, key: bytes) -> bytes:
    # Counter mode counts big-endian everywhere but here: make the counters, encrypt them as they
    # are, and lay them over the data.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    done = bytearray()
    for at in range(0, len(data), _PIECE_BYTES):
        piece = np.frombuffer(data, np.uint8, min(_PIECE_BYTES, len(data) - at), at)
        blocks = -(-len(piece) // _BLOCK_BYTES)
        counters = np.zeros((blocks, 2), "<u8")
        counters[:, 0] = np.arange(blocks) + (at // _BLOCK_BYTES + 1)
        stream = np.frombuffer(encryptor.update(counters.tobytes()), np.uint8)
        done += (piece ^ stream[: len(piece)]).tobytes()
    return bytes(done)
