import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.keys import public_key_text
from appliance.package.box_pub import NotAKey, from_pem, from_text, pem

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()


def test_its_line_ends_with_the_key_as_the_label_has_it():
    assert pem(KEY).decode().splitlines()[1] == "MCowBQYDK2VwAyEA" + public_key_text(KEY)


def test_a_key_is_read_from_a_file_or_a_label():
    for text in (pem(KEY).decode(), f" {pem(KEY).decode()}\n", public_key_text(KEY)):
        assert from_text(text).public_bytes_raw() == KEY.public_bytes_raw()


def test_anything_else_is_no_key():
    other = generate_private_key(SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    elliptic = other.public_bytes(serialization.Encoding.PEM, form)
    for data in (b"", b"-----BEGIN", elliptic, pem(KEY) + b"\n", pem(KEY).replace(b"\n", b"\r\n")):
        with pytest.raises(NotAKey):
            from_pem(data)
    for text in ("", "abc", "가", public_key_text(KEY)[:-4]):
        with pytest.raises(NotAKey):
            from_text(text)
