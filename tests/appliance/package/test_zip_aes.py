import pytest

from appliance.package.zip_aes import Damaged, WrongPassphrase, seal, unseal

SALT = bytes(range(16))


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, (1 << 20) - 1, (1 << 20) + 33])
def test_what_is_sealed_is_unsealed(size):
    content = bytes(n * 7 % 256 for n in range(1000)) * (size // 1000 + 1)
    sealed = seal(content[:size], "비밀번호", SALT)
    assert len(sealed) == size + 28
    assert unseal(sealed, "비밀번호") == content[:size]


def test_another_passphrase_is_told():
    with pytest.raises(WrongPassphrase):
        unseal(seal(b"sound", "one", SALT), "two")


def test_every_flipped_byte_is_found():
    sealed = seal(b"sound", "one", SALT)
    for at in range(len(sealed)):
        spoilt = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises((Damaged, WrongPassphrase)):
            unseal(spoilt, "one")


def test_too_short_to_be_sealed():
    with pytest.raises(Damaged, match="27 bytes"):
        unseal(bytes(27), "one")
