import re

import pyotp
import pytest

from appliance import second_factor
from appliance.keys import WrappedSecretDamaged
from appliance.policy import profile_text
from appliance.profile_reader import parse
from appliance.second_factor import Factor

#: RFC 6238, appendix B: "12345678901234567890", the last six of its eight digits.
KNOWN = Factor("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", ("7K2M-Q0XW", "92XB-7K3M"))


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_vectors_of_the_rfc_are_taken(now_s, code):
    assert second_factor.step_of(KNOWN, code, now_s) == now_s // 30


@pytest.mark.parametrize(
    ("off", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_either_way_is_taken(off, taken):
    now_s = 1_764_000_000
    code = pyotp.TOTP(KNOWN.secret).generate_otp(now_s // 30 + off)
    assert (second_factor.step_of(KNOWN, code, now_s) is not None) == taken


def test_no_step_is_taken_twice_nor_one_before_it():
    now_s = 1_764_000_000
    step = now_s // 30
    codes = {n: pyotp.TOTP(KNOWN.secret).generate_otp(step + n) for n in (-1, 0, 1)}
    assert second_factor.step_of(KNOWN, codes[0], now_s, after=step - 1) == step
    assert second_factor.step_of(KNOWN, codes[0], now_s, after=step) is None
    assert second_factor.step_of(KNOWN, codes[-1], now_s, after=step) is None
    assert second_factor.step_of(KNOWN, codes[1], now_s, after=step) == step + 1


@pytest.mark.parametrize("typed", ["287 082", " 287082 ", "２８７０８２", "287-082"])
def test_spaces_and_full_width_digits_do_no_harm(typed):
    assert second_factor.step_of(KNOWN, typed, 59) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870821", "287083", "abc", "7K2M-Q0XW"])
def test_anything_else_is_no_code(typed):
    assert second_factor.step_of(KNOWN, typed, 59) is None


def test_a_new_one_has_160_bits_and_ten_codes_for_the_paper():
    made = second_factor.new()
    assert len(pyotp.TOTP(made.secret).byte_secret()) == 20
    assert len(set(made.papers)) == 10
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", each) for each in made.papers)
    assert made.secret not in repr(made)


@pytest.mark.parametrize("typed", ["7K2M-Q0XW", "7k2m q0xw", "7K2MQOXW"])
def test_a_recovery_code_is_spent_however_it_is_written(typed):
    left = second_factor.without(KNOWN, typed)
    assert left == Factor(KNOWN.secret, ("92XB-7K3M",))
    assert second_factor.without(left, typed) is None


def test_the_app_is_told_whose_it_is_and_for_which_box():
    told = second_factor.uri(KNOWN, "김하나", "Kirok 오산시")
    assert pyotp.parse_uri(told).secret == KNOWN.secret
    assert second_factor.spaced(KNOWN).split() == ["GEZD", "GNBV", "GY3T", "QOJQ"] * 2


@pytest.mark.parametrize("spoilt", [b"", b"{}", b'{"secret": 1}', b"[]"])
def test_what_is_not_as_it_was_written_is_told(spoilt):
    assert second_factor.unpack(second_factor.pack(KNOWN)) == KNOWN
    with pytest.raises(WrappedSecretDamaged):
        second_factor.unpack(spoilt)


@pytest.mark.parametrize(
    ("city", "who"),
    [("osan", {"head", "deputy", "operator"}), ("goshogawara", {"head", "operator"})],
)
def test_whoever_listens_copies_decides_or_grants_needs_one(city, who):
    profile = parse(profile_text(city))
    needing = {r.id for r in profile.role if second_factor.needed(profile, frozenset({r.id}))}
    assert needing == who
