"""Read one call out of a reel, and believe nothing that is not proven.

A call that ended is read from its last segment back: each segment says where the one before it
lies. One that was cut off is found by going through the reel from its first segment on. Either way
each segment must be the next in number, carry on the chain, and open.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance import canonical
from appliance.vault.reel import State, scan
from appliance.vault.segment import (
    CHAIN_BYTES,
    HEAD_BYTES,
    NO_BACK,
    CallKey,
    Codec,
    Head,
    NotASegment,
    TamperedError,
    chain_of,
    open_segment,
    unpack_packets,
)


@dataclass(frozen=True, slots=True)
class Second:
    """A segment of audio.

    Attributes:
        first_sample: in the call, 8 000 a second; later than the end of the second before where
            the recording paused.
    """

    first_sample: int
    samples: int
    codec: Codec
    packets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What was sealed of a call.

    Attributes:
        facts: the call's row, or None if the call was cut off.
        complete: from the first segment to the facts.
        segments: how many there are, the facts included.
        chain: the chain after the last of them, 32 bytes: what the ledger knows the call by.
    """

    call_id: str
    seconds: tuple[Second, ...]
    facts: dict[str, object] | None
    complete: bool
    segments: int
    chain: bytes

    @property
    def packets(self) -> list[bytes]:
        """Of whichever codec; see seconds."""
        return [packet for second in self.seconds for packet in second.packets]

    @property
    def samples(self) -> int:
        """Samples of audio, pauses left out."""
        return sum(second.samples for second in self.seconds)


def read_call(
    path: Path,
    call_id: str,
    data_key: bytes,
    *,
    last_offset: int | None = None,
    first_offset: int | None = None,
) -> CallRecord:
    """Read a call.

    Args:
        path: its reel.
        last_offset: where its last segment lies; read from there back.
        first_offset: where its first segment lies, if the last is not known; read on to the end of
            the reel and stop at what is torn there. Give one of the two.

    Raises:
        TamperedError: says which segment, and where; nothing of the call is returned.
        FileNotFoundError: there is no such reel.
    """
    seconds: list[Second] = []
    facts: dict[str, object] | None = None
    chain, segments = b"", 0
    offsets = find_segments(path, call_id, last_offset=last_offset, first_offset=first_offset)
    for opened in open_segments(path, offsets, CallKey(call_id, data_key)):
        chain, segments = opened.chain, segments + 1
        if opened.head.last:
            facts = _facts(opened)
        else:
            seconds.append(_second(opened))
    return CallRecord(call_id, tuple(seconds), facts, facts is not None, segments, chain)


@dataclass(frozen=True, slots=True)
class Opened:
    """A segment that has been proven."""

    offset: int
    head: Head
    plain: bytes
    chain: bytes


def find_segments(
    path: Path,
    call_id: str,
    *,
    last_offset: int | None = None,
    first_offset: int | None = None,
) -> list[int]:
    """Return the offsets of a call's segments, first to last; needs no key.

    Raises:
        TamperedError: one is missing, or is not where its follower says.
    """
    if (last_offset is None) == (first_offset is None):
        raise ValueError("give last_offset or first_offset")
    if last_offset is not None:
        return _walk_back(path, call_id, last_offset)
    assert first_offset is not None
    return _walk_on(path, call_id, first_offset)


def salvage_call(path: Path, call_id: str, data_key: bytes) -> tuple[CallRecord, list[int]]:
    """Read what can be read of a call in a damaged reel.

    Returns:
        The seconds that still open, each proven to be this call's and in its place, and the numbers
        of the segments missing between them. The record is not complete if any is missing.
    """
    key = CallKey(call_id, data_key)
    sound: dict[int, Opened] = {}
    with open(path, "rb") as file:
        for stretch in scan(path):
            head = stretch.head
            if head is None or head.call_id != call_id:
                continue
            ciphertext = os.pread(file.fileno(), head.length, stretch.offset + HEAD_BYTES)
            with suppress(TamperedError):
                plain = open_segment(head, ciphertext, key)
                sound[head.number] = Opened(stretch.offset, head, plain, stretch.chain)
    return _salvaged(call_id, [sound[number] for number in sorted(sound)])


def _salvaged(call_id: str, found: list[Opened]) -> tuple[CallRecord, list[int]]:
    if not found:
        return CallRecord(call_id, (), None, False, 0, b""), []
    last = found[-1]
    missing = sorted(set(range(last.head.number)) - {each.head.number for each in found})
    facts = _facts(last) if last.head.last else None
    seconds = tuple(_second(each) for each in found if not each.head.last)
    complete = facts is not None and not missing
    return CallRecord(call_id, seconds, facts, complete, len(found), last.chain), missing


def check_chain(path: Path, call_id: str, last_offset: int) -> bytes:
    """Follow a call's chain from its first segment to its last, without a key, and return its end.

    Raises:
        TamperedError: see find_segments, or the chain is broken.
    """
    chain = None
    with open(path, "rb") as file:
        for offset in find_segments(path, call_id, last_offset=last_offset):
            chain = _chained(file.fileno(), offset, call_id, chain)[2]
    assert chain is not None
    return chain


def open_segments(path: Path, offsets: list[int], key: CallKey) -> Iterator[Opened]:
    """Open a call's segments one after the other.

    Raises:
        TamperedError: on reaching the fault; what was yielded before is sound.
    """
    chain = key.commitment
    with open(path, "rb") as file:
        for offset in offsets:
            head, ciphertext, chain = _chained(file.fileno(), offset, key.call_id, chain)
            yield Opened(offset, head, open_segment(head, ciphertext, key), chain)


def _walk_back(path: Path, call_id: str, last_offset: int) -> list[int]:
    offsets: list[int] = []
    offset, number = last_offset, None
    with open(path, "rb") as file:
        while offset != NO_BACK:
            head = _head_at(file.fileno(), offset, call_id)
            # Numbers fall by one with each step, so the walk ends even where offsets go in circles.
            if number is not None and head.number != number - 1:
                raise _tampered(call_id, offset, f"got segment {head.number}, want {number - 1}")
            offsets.append(offset)
            number, offset = head.number, head.back
    return offsets[::-1]


def _walk_on(path: Path, call_id: str, first_offset: int) -> list[int]:
    offsets: list[int] = []
    for stretch in scan(path, first_offset):
        head = stretch.head
        if stretch.state is not State.WHOLE or head is None or head.call_id != call_id:
            continue
        if head.number != len(offsets):
            wanted = f"got segment {head.number}, want {len(offsets)}"
            raise _tampered(call_id, stretch.offset, wanted)
        offsets.append(stretch.offset)
        if head.last:
            break
    if not offsets:
        raise _tampered(call_id, first_offset, "no segment of it from here on")
    return offsets


def _head_at(fd: int, offset: int, call_id: str) -> Head:
    try:
        head = Head.unpack(os.pread(fd, HEAD_BYTES, offset))
    except (NotASegment, OverflowError) as error:
        raise _tampered(call_id, offset, f"no segment here: {error}") from None
    if head.call_id != call_id:
        raise _tampered(call_id, offset, f"a segment of call {head.call_id}")
    return head


def _chained(fd: int, offset: int, call_id: str, before: bytes | None) -> tuple[Head, bytes, bytes]:
    """Return head, ciphertext and chain of the segment that carries on the chain."""
    head = _head_at(fd, offset, call_id)
    body = os.pread(fd, head.length + CHAIN_BYTES, offset + HEAD_BYTES)
    ciphertext, chain = body[: head.length], body[head.length :]
    if chain != chain_of(head, ciphertext):
        raise _tampered(call_id, offset, f"segment {head.number} is damaged")
    if before is not None and head.previous != before:
        why = "another key's call" if head.number == 0 else "the chain is broken"
        raise _tampered(call_id, offset, f"segment {head.number}: {why}")
    return head, ciphertext, chain


def _second(opened: Opened) -> Second:
    head = opened.head
    packets = unpack_packets(opened.plain)
    return Second(head.first_sample, head.samples, head.codec, tuple(packets))


def _facts(opened: Opened) -> dict[str, object]:
    try:
        return canonical.decode(opened.plain)
    except canonical.NotCanonical:
        raise _tampered(opened.head.call_id, opened.offset, "the facts can not be read") from None


def _tampered(call_id: str, offset: int, what: str) -> TamperedError:
    return TamperedError(f"call {call_id}, offset {offset}: {what}")
