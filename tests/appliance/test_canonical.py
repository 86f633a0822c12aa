import pytest

from appliance import canonical

VALUE = {"b": [1, None, True, 0.5], "a": {"녹취": "録音", "number": "031-123"}}
BYTES = '{"a":{"number":"031-123","녹취":"録音"},"b":[1,null,true,0.5]}'.encode()


def test_a_value_has_one_encoding():
    assert canonical.encode(VALUE) == BYTES
    assert canonical.decode(BYTES) == VALUE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b'"a"',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1}\n',
        b'{"a":1e0}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_other_encodings_are_refused(data):
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(data)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}])
def test_what_json_has_no_word_for_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        canonical.encode({"a": value})
