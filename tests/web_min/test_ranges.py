import pytest

from web_min.ranges import Unsatisfiable, wanted


@pytest.mark.parametrize(
    "header, want",
    [
        (None, None),
        ("", None),
        ("bytes=0-", range(0, 1000)),
        ("bytes=0-0", range(0, 1)),
        ("bytes=0-499", range(0, 500)),
        ("bytes=500-999", range(500, 1000)),
        ("bytes=999-", range(999, 1000)),
        ("bytes=900-5000", range(900, 1000)),
        ("bytes=-1", range(999, 1000)),
        ("bytes=-500", range(500, 1000)),
        ("bytes=-5000", range(0, 1000)),
        ("Bytes=1-2", range(1, 3)),
        ("bytes= 1-2 ", range(1, 3)),
        # not read, so not obeyed: the whole file (RFC 9110 14.2)
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=1", None),
        ("bytes=--1", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("bytes=١-٢", None),
    ],
)
def test_a_range_of_a_file_of_1000_bytes(header, want):
    assert wanted(header, 1000) == want


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=5000-", "bytes=-0"])
def test_a_range_outside_the_file_is_not_satisfiable(header):
    with pytest.raises(Unsatisfiable, match="1000"):
        wanted(header, 1000)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1"])
def test_nothing_of_an_empty_file_can_be_had(header):
    with pytest.raises(Unsatisfiable):
        wanted(header, 0)
