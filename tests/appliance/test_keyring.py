import pytest

from appliance import keyring
from appliance.keys import WrappedSecretDamaged
from tests.web_min.rig import PASSPHRASE, SECRET, unwrap, wrap


def test_a_passphrase_opens_ones_own_identity_and_with_it_the_secret():
    ring, own = keyring.make(wrap, PASSPHRASE, SECRET)
    assert unwrap(ring.wrapped, PASSPHRASE) == own
    assert keyring.vault_secret(ring.recipient, ring.vault, own) == SECRET


def test_without_the_secret_there_is_nothing_to_open():
    ring, own = keyring.make(wrap, PASSPHRASE, b"")
    assert (ring.vault, keyring.vault_secret(ring.recipient, ring.vault, own)) == ("", b"")


def test_what_is_sealed_to_one_opens_for_nobody_else():
    ring, own = keyring.make(wrap, PASSPHRASE, SECRET)
    _, other = keyring.make(wrap, PASSPHRASE, SECRET)
    sealed = keyring.seal(b"x", ring.recipient)
    assert keyring.unseal(sealed, own) == b"x"
    for wrong, key in ((sealed, other), (sealed, b"none"), (sealed[:-8], own), ("!", own)):
        with pytest.raises(WrappedSecretDamaged):
            keyring.unseal(wrong, key)


def test_a_new_passphrase_leaves_the_keys_as_they_are():
    ring, own = keyring.make(wrap, PASSPHRASE, SECRET)
    changes, opened = keyring.rewrapped(wrap, "another", ring.recipient, own)
    assert (list(changes), unwrap(changes["wrapped"], "another"), opened) == (["wrapped"], own, own)


def test_a_row_that_holds_the_secret_itself_gets_an_identity():
    assert keyring.vault_secret("", "", SECRET) == SECRET
    changes, own = keyring.rewrapped(wrap, PASSPHRASE, "", SECRET)
    assert unwrap(changes["wrapped"], PASSPHRASE) == own != SECRET
    assert keyring.vault_secret(changes["recipient"], changes["vault"], own) == SECRET
