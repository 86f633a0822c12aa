import random

import pytest

from appliance.merkle import (
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# Inputs and roots of the reference tests of google/certificate-transparency (merkle_tree_test.cc).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
INPUTS += ["606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
MANY = [leaf_hash(bytes([number])) for number in range(40)]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_reference_roots():
    assert Tree().root().hex() == EMPTY
    assert [root_of(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


def test_reference_proofs():
    # Of the same reference tests: leaf 5 of 8 (there: 6), and 6 of 8.
    assert [each.hex() for each in inclusion_proof(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [each.hex() for each in consistency_proof(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", range(1, 34))
def test_every_proof_verifies_and_none_of_another_place_does(size):
    leaves = MANY[:size]
    root = root_of(leaves)
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        assert verify_inclusion(leaves[index], index, size, proof, root)
        assert not verify_inclusion(leaves[index], index + 1, size, proof, root)
        assert not verify_inclusion(leaves[index], index, size, [*proof, root], root)
        assert not proof or not verify_inclusion(leaves[index], index, size, proof[:-1], root)
        assert not verify_inclusion(MANY[39], index, size, proof, root)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_growth_verifies_and_no_other_does(size):
    leaves = MANY[:size]
    root = root_of(leaves)
    for old in range(1, size + 1):
        proof, old_root = consistency_proof(leaves, old), root_of(leaves[:old])
        assert verify_consistency(old, size, proof, old_root, root)
        assert not verify_consistency(old, size, proof, MANY[39], root)
        assert not verify_consistency(old, size, proof, old_root, MANY[39])
        assert not verify_consistency(old, size, [*proof, root], old_root, root)
        assert not proof or not verify_consistency(old, size, proof[1:], old_root, root)
        assert not proof or not verify_consistency(old, size, [], old_root, root)


def test_an_altered_proof_never_verifies():
    rng = random.Random(7)
    root, old_root = root_of(MANY), root_of(MANY[:21])
    for _ in range(100):
        for proof, verify in (
            (inclusion_proof(MANY, 21), lambda p: verify_inclusion(MANY[21], 21, 40, p, root)),
            (consistency_proof(MANY, 21), lambda p: verify_consistency(21, 40, p, old_root, root)),
        ):
            spoilt = [bytearray(each) for each in proof]
            rng.choice(spoilt)[rng.randrange(32)] ^= 1 << rng.randrange(8)
            assert verify(proof)
            assert not verify([bytes(each) for each in spoilt])


def test_a_proof_does_not_pass_for_a_larger_tree():
    root = root_of(MANY[:2])
    assert not verify_inclusion(MANY[0], 0, 4, inclusion_proof(MANY[:2], 0), root)
    assert not verify_inclusion(MANY[0], 0, 2, [], MANY[0])
    assert not verify_consistency(2, 8, [root_of(MANY[2:4])], root, root_of(MANY[:4]))


def test_a_tree_goes_on_from_its_peaks():
    tree = Tree()
    for leaf in MANY[:21]:
        tree.push(leaf)
    resumed = Tree(21, tree.peaks)
    for leaf in MANY[21:]:
        resumed.push(leaf)
    assert (resumed.size, resumed.root()) == (40, root_of(MANY))


def test_mistakes_of_the_caller_are_refused():
    with pytest.raises(ValueError, match="want 3"):
        Tree(21, [bytes(32)])
    with pytest.raises(ValueError, match="got index 3"):
        inclusion_proof(MANY[:3], 3)
    with pytest.raises(ValueError, match="got old size 0"):
        consistency_proof(MANY[:3], 0)
    assert not verify_inclusion(MANY[0], -1, 1, [], MANY[0])
    assert not verify_consistency(0, 1, [], EMPTY, MANY[0])
