import pytest

from appliance import ulid
from appliance.ulid import Ulids

KNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"  # the spec's example
KNOWN_MS = 1469922850259


def zeros(count):
    return bytes(count)


def test_the_specs_example_goes_there_and_back():
    assert ulid.from_bytes(ulid.to_bytes(KNOWN)) == KNOWN
    assert ulid.time_ms(KNOWN) == KNOWN_MS


def test_the_smallest_and_the_largest():
    assert ulid.from_bytes(bytes(16)) == "0" * 26
    assert ulid.from_bytes(b"\xff" * 16) == "7" + "Z" * 25


def test_a_new_id_holds_its_time_and_the_random():
    made = Ulids(zeros).new(KNOWN_MS)
    assert made == KNOWN[:10] + "0" * 16


def test_within_a_millisecond_ids_rise_by_one_and_never_repeat():
    ids = Ulids(lambda count: b"\xff" * count)
    made = [ids.new(KNOWN_MS) for _ in range(1000)]
    assert made == sorted(set(made))
    assert {ulid.time_ms(each) for each in made} == {KNOWN_MS}


def test_a_clock_that_steps_back_gives_its_own_time():
    ids = Ulids(zeros)
    ids.new(KNOWN_MS)
    assert ulid.time_ms(ids.new(KNOWN_MS - 1)) == KNOWN_MS - 1


@pytest.mark.parametrize(
    "text", ["", KNOWN[:-1], KNOWN + "0", KNOWN.lower(), "8" + KNOWN[1:], KNOWN[:-1] + "U"]
)
def test_what_is_no_ulid_is_refused(text):
    with pytest.raises(ValueError, match="not a ULID"):
        ulid.to_bytes(text)


@pytest.mark.parametrize("time", [-1, 2**48])
def test_a_time_that_has_no_place_is_refused(time):
    with pytest.raises(ValueError, match="ULID's time"):
        Ulids(zeros).new(time)


def test_other_than_16_bytes_are_refused():
    with pytest.raises(ValueError, match="got 15"):
        ulid.from_bytes(bytes(15))
