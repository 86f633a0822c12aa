"""The messages of caller ID: octets in, fields out. No octets whatever make it fail.

```
    SDMF   04 len  MMDDhhmm number                      checksum
    MDMF   80 len  {type len data}*                     checksum
           checksum: with it all octets add up to 0 modulo 256

    Japan  DLE SOH 07 DLE STX  40 len {type len data}*  DLE ETX  CRC CRC
           7 bits and even parity; a DLE (10) within 40 .. data is sent twice
           CRC: x^16 + x^12 + x^5 + 1, reflected, from 0, over 07 .. ETX as sent, low octet first
```

| type | SDMF, MDMF                      | Japan                        |
|------|---------------------------------|------------------------------|
| 01   | time, MMDDhhmm                  | time                         |
| 02   | number                          | number                       |
| 03   | called number                   |                              |
| 04   | why there is no number          | why there is no number       |
| 07   | name                            | name                         |
| 09   |                                 | called number (dial-in)      |

The others (08 why there is no name, 11 type of call, 21 and 22 kind of number ...) are passed over.

Source: Telcordia GR-30-CORE, SR-TSV-002476; ETSI EN 300 659-3. Japan: NTT's interface reference for
telephone services, as quoted by Asterisk's callerid.c and spandsp's adsi.h.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Absence = Literal["private", "public_phone", "unavailable", "no_service", "decode_failed"]

#: P withheld; O out of area or service unavailable; C coin telephone; S service conflict.
ABSENCES: Final[Mapping[str, Absence]] = {
    "P": "private",
    "O": "unavailable",
    "C": "public_phone",
    "S": "no_service",
}
_SDMF: Final = 0x04
_MDMF: Final = 0x80
#: Message waiting and advice of charge: whole messages that tell of no call.
_OTHERS: Final = (0x06, 0x82, 0x86)
_CALL: Final = 0x40
_DLE: Final = 0x10
_SOH: Final = 0x01
_STX: Final = 0x02
_ETX: Final = 0x03

_TIME: Final = 0x01
_NUMBER: Final = 0x02
_ABSENCE: Final = 0x04
_NAME: Final = 0x07
_DIALLED: Final = 0x03
_DIALLED_JP: Final = 0x09


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent of a caller.

    Attributes:
        japan: in the frame of Japan's number display.
        about_call: False of a message that tells of something else.
        time: MMDDhhmm.
        valid: check and structure are right; if not, the fields are the best that could be read.
    """

    japan: bool = False
    about_call: bool = True
    number: str | None = None
    name: str | None = None
    dialled: str | None = None
    time: str | None = None
    absence: Absence | None = None
    valid: bool = False


def read_message(octets: Sequence[int]) -> Message | None:
    """Read the message that begins with the first of these octets.

    Args:
        octets: 0..255, to the end of the burst and beyond.

    Returns:
        None if no message known begins here.
    """
    if len(octets) < 2:
        return None
    data = bytes(octet & 0xFF for octet in octets)
    if _plain(data[:2]) == bytes((_DLE, _SOH)):
        return _read_japan(data[2:])
    if data[0] in (_SDMF, _MDMF, *_OTHERS):
        return _read_bellcore(data)
    return None


def crc16(octets: bytes) -> int:
    """Return Japan's check; over a frame and its own check it is 0."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc


# ---------------------------------------------------------------- SDMF, MDMF
def _read_bellcore(data: bytes) -> Message:
    kind, length = data[0], data[1]
    body = data[2 : 2 + length]
    checked = len(data) > 2 + length and sum(data[: 3 + length]) & 0xFF == 0
    if kind in _OTHERS:
        return Message(about_call=not checked, absence=None if checked else "decode_failed")
    if kind == _SDMF:
        return _single(body, checked)
    fields, whole = _parameters(body)
    return _message(fields, _DIALLED, False, checked and whole)


def _single(body: bytes, checked: bool) -> Message:
    fields = {_TIME: body[:8], _NUMBER: body[8:]}
    return _message(fields, _DIALLED, False, checked and len(body) > 8 and body[:8].isdigit())


# ---------------------------------------------------------------- Japan
def _read_japan(frame: bytes) -> Message:
    """Read a frame from 07 on."""
    text, end = _unstuff(_plain(frame[3:]))
    checked = end is not None and len(frame) >= end + 5 and crc16(frame[: end + 5]) == 0
    length = text[1] if len(text) > 1 else 0
    fields, whole = _parameters(text[2 : 2 + length])
    whole = whole and text[:1] == bytes((_CALL,)) and len(text) == 2 + length
    return _message(fields, _DIALLED_JP, True, checked and whole)


def _unstuff(text: bytes) -> tuple[bytes, int | None]:
    """Return what is before DLE ETX, each DLE DLE as one, and where the text ended, if it did."""
    out, at = bytearray(), 0
    while at < len(text):
        if text[at] == _DLE and text[at + 1 : at + 2] == bytes((_ETX,)):
            return bytes(out), at + 2
        at += 2 if text[at : at + 2] == bytes((_DLE, _DLE)) else 1
        out.append(text[at - 1])
    return bytes(out), None


def _plain(octets: bytes) -> bytes:
    """Return octets without their parity bits."""
    return bytes(octet & 0x7F for octet in octets)


# ---------------------------------------------------------------- fields
def _parameters(body: bytes) -> tuple[dict[int, bytes], bool]:
    """Return the parameters, the first of each type, and whether they fill the body exactly."""
    fields: dict[int, bytes] = {}
    at = 0
    while at + 1 < len(body):
        end = at + 2 + body[at + 1]
        fields.setdefault(body[at], body[at + 2 : end])
        at = end
    return fields, at == len(body) and bool(fields)


def _message(fields: Mapping[int, bytes], dialled: int, japan: bool, valid: bool) -> Message:
    number = _text(fields.get(_NUMBER))
    reason = _text(fields.get(_ABSENCE))
    if number in ABSENCES:  # in the number's place: SDMF, and some exchanges' MDMF
        number, reason = None, number
    time = _text(fields.get(_TIME))
    return Message(
        japan=japan,
        number=number,
        name=_text(fields.get(_NAME)),
        dialled=_text(fields.get(dialled)),
        time=time if time and len(time) == 8 and time.isdecimal() else None,
        absence=None if number else ABSENCES.get(reason or "", None if valid else "decode_failed"),
        valid=valid,
    )


def _text(octets: bytes | None) -> str | None:
    """Return the printable text of a field, or None if there is none."""
    text = "".join(c for c in _decode(octets or b"") if c.isprintable()).strip()
    return text or None


def _decode(octets: bytes) -> str:
    """Decode a text whose code is not told: ASCII, else Korean, else Japanese.

    EUC-KR and Shift_JIS overlap in half-width katakana, which nobody sends in a Korean name's
    place; CP949's further syllables overlap with kana and kanji, and so are taken only where
    Shift_JIS would have such katakana among them.
    """
    for code in ("iso2022_jp", "euc_kr", "shift_jis", "cp949"):  # iso2022_jp reads ASCII as it is
        try:
            text = octets.decode(code)
        except UnicodeDecodeError:
            continue
        if code != "shift_jis" or not any("\uff61" <= c <= "\uff9f" for c in text):
            return text
    return octets.decode("shift_jis", errors="replace")
