import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from appliance import ulid
from appliance.vault.key_rows import (
    AREA_BYTES,
    HEADER_BYTES,
    ROW,
    ROW_MAGIC,
    TAG_BYTES,
    VERSION,
    end_of,
    is_damaged,
    is_headed,
    parse,
    pieces,
    row_at,
    table_of,
)

AEAD = ChaCha20Poly1305(bytes(32))
HEADER = b"\xabKIROKk\n" + bytes([VERSION]) + bytes(range(1, HEADER_BYTES - 8))
PAIR = 2 * AREA_BYTES


def row(number, size=400):
    nonce = number.to_bytes(12, "big")
    call = number.to_bytes(16, "big")
    head = ROW.pack(ROW_MAGIC, size + TAG_BYTES, call, nonce)
    return head + AEAD.encrypt(nonce, b"a" * size, head)


ROWS = [row(number) for number in range(1, 4)]
SIZE = len(ROWS[0])
END = HEADER_BYTES + 3 * SIZE


def test_rows_follow_each_other_and_none_crosses_an_area():
    assert list(pieces(64, ROWS)) == [(64, b"".join(ROWS))]
    assert list(pieces(AREA_BYTES - SIZE, ROWS)) == [
        (AREA_BYTES - SIZE, ROWS[0]),
        (PAIR, ROWS[1] + ROWS[2]),
    ]
    assert list(pieces(AREA_BYTES - SIZE + 1, ROWS[:1])) == [(PAIR, ROWS[0])]
    assert list(pieces(64, [])) == []


def test_a_table_has_each_row_twice_and_ends_behind_the_last():
    table = table_of(HEADER, ROWS)
    assert table[:END] == HEADER + b"".join(ROWS)
    assert not any(table[END : AREA_BYTES + HEADER_BYTES])
    assert table[AREA_BYTES + HEADER_BYTES :] == b"".join(ROWS)
    assert end_of(ROWS) == END
    assert (table_of(HEADER, []), end_of([])) == (HEADER, HEADER_BYTES)


def test_what_is_sound_is_found_from_either_copy_in_its_order():
    table = bytearray(table_of(HEADER, ROWS))
    table[HEADER_BYTES + 50] ^= 1
    table[AREA_BYTES + HEADER_BYTES + SIZE + 50] ^= 1
    found = parse(bytes(table), AEAD)
    assert [each.raw for each in found.rows] == ROWS
    assert found.twice == END
    assert list(found.age_files) == [ulid.from_bytes(n.to_bytes(16, "big")) for n in (1, 2, 3)]
    assert row_at(bytes(table), HEADER_BYTES, AEAD) is None
    assert row_at(ROWS[0][:39], 0, AEAD) is None


@pytest.mark.parametrize(
    ("spoil", "damaged"),
    [
        (lambda table: None, False),
        (lambda table: table.extend(bytes(4096)), False),
        (
            lambda table: table.__setitem__(slice(-SIZE, None), b""),
            False,
        ),  # the second was not written
        (lambda table: table.__setitem__(slice(-9, None), b""), False),  # nor all of it
        (lambda table: table.__setitem__(slice(-SIZE, None), bytes(SIZE)), False),
        (lambda table: table.__setitem__(-SIZE, 0), True),
        (lambda table: table.__setitem__(20, 0), True),
        (lambda table: table.__setitem__(AREA_BYTES - 1, 1), True),  # where nothing stands
        (lambda table: table.__setitem__(AREA_BYTES + 1, 1), True),
        (lambda table: table.__setitem__(slice(64, 64 + SIZE), bytes(SIZE)), True),
        (lambda table: table.__setitem__(slice(END, END + 40), b"x" * 40), True),
        (lambda table: table.__setitem__(slice(END, END + 40), ROWS[0][:40]), False),
    ],
)
def test_what_a_power_cut_leaves_is_no_damage(spoil, damaged):
    table = bytearray(table_of(HEADER, ROWS))
    spoil(table)
    found = parse(bytes(table), AEAD)
    assert [each.raw for each in found.rows] == ROWS
    assert is_damaged(bytes(table), table_of(HEADER, ROWS), found) is damaged


def test_a_header_is_known_in_both_versions():
    assert is_headed(HEADER, HEADER)
    assert is_headed(HEADER[:8] + b"\1" + HEADER[9:], HEADER)
    assert not is_headed(HEADER[:20] + b"\0" + HEADER[21:], HEADER)
