"""One sealed segment: what a tick has of one call, a third of a second mostly, or the call's facts.

A segment, integers big-endian:

    offset  size
       0      8   magic     AB 4B 49 52 4F 4B 73 0A   (AB "KIROKs" LF)
       8      1   version   1
       9      1   kind      1 audio, 2 facts
      10      1   last      1 on the call's last segment, which is its facts; else 0
      11      1   codec     0 none (facts), 1 Opus, 2 G.711 A-law
      12     16   call      ULID
      28      4   number    of the segment in its call, from 0
      32      8   first     index of its first sample in the call, 8 000 a second;
                            of the facts: of the sample after the last
      40      4   samples   of audio; 0 for facts
      44      8   back      offset in the reel of this call's segment before; FF.. if number is 0
      52      4   length    of the ciphertext, tag included, at most 1 MiB
      56     32   previous  chain of this call's segment before; the key commitment if number is 0
      88      n   ciphertext and tag, ChaCha20-Poly1305 (RFC 8439)
    88 + n   32   chain     SHA-256 of the 88 + n bytes before

    key || commitment = HKDF-SHA256(data key, no salt, "kirok/segment/1" || call, 64 bytes)
    nonce             = number in 11 bytes || last
    associated data   = the 88 bytes of head

An audio segment's plaintext is its packets, each after its length in 2 bytes; none is empty. G.711
comes in packets of 160 bytes. The facts are canonical JSON. Everything has one valid encoding.

The head is the framing, and holds the chain so far: each segment can be checked for damage alone
and without a key, and the AEAD vouches for all before it. The chain begins with a commitment to the
key because ChaCha20-Poly1305 makes none: one ciphertext can be made to open under two keys, and two
people would hear two calls. It goes over ciphertext, so it can be checked when the key is gone.

A data key serves one call of one run of the recorder, so a nonce can not come twice. A call that
was cut off by a restart is never gone on with.

Test vector: data key 00 01 .. 1F, call 01ARZ3NDEKTSV4RRFFQ69G5FAV
    key         4cc7759bb2275b18d3399a277915ef84793eba16cf58a603182d88d072384c50
    commitment  feed886bc4b1897c444c92b5e77b5d0d8f2c4cfb8f938b5d32876d2ff049d686
    number 0    packets "one" and "three", Opus, first 0, samples 320: 148 bytes
    ciphertext  74d2a0cc408d0af76f626764fa351b5bff4c2e428fbc8a142846e0ff
    chain       80394161077ad5228d439317a9f3af279698716020d4df35422d656839225552
    number 1    facts {"line":3}, back 64: 146 bytes
    ciphertext  84cf30f01b545c35b94dff54fbb3eb6bffdb61a67e579872135b
    chain       57e14f83f53a49117c7bfcd61cfbd69042058f048689afc540c0eb9474649e45

Source: V. T. Hoang et al., "Online authenticated-encryption and its nonce-reuse misuse-resistance",
CRYPTO 2015 (STREAM); A. Albertini et al., "How to abuse and fix authenticated encryption without
key commitment", USENIX Security 2022.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance import canonical, ulid

MAGIC = b"\xabKIROKs\n"
VERSION = 1
INFO = b"kirok/segment/1"
#: Where a call's first segment points back to.
NO_BACK = 2**64 - 1
#: Far above a second of G.711 (8 kB) or a long call's facts; bounds what a damaged length asks for.
MAX_LENGTH = 1 << 20
KEY_BYTES = 32
CHAIN_BYTES = 32
TAG_BYTES = 16

_HEAD = struct.Struct(">8s4B16sIQIQI32s")
HEAD_BYTES = _HEAD.size
_PACKET = struct.Struct(">H")


class Kind(IntEnum):
    AUDIO = 1
    FACTS = 2


class Codec(IntEnum):
    NONE = 0
    OPUS = 1
    ALAW = 2


class NotASegment(ValueError):
    """These bytes are not a segment's head."""


class TamperedError(Exception):
    """It is not what was sealed: changed, moved, cut short, or under another key."""


@dataclass(frozen=True, slots=True)
class Head:
    """A segment's framing; the fields are as in the module's table."""

    kind: Kind
    codec: Codec
    call_id: str
    number: int
    first_sample: int
    samples: int
    back: int
    length: int
    previous: bytes

    @property
    def last(self) -> bool:
        return self.kind is Kind.FACTS

    @property
    def size(self) -> int:
        """Bytes of the whole segment."""
        return HEAD_BYTES + self.length + CHAIN_BYTES

    def pack(self) -> bytes:
        return _HEAD.pack(
            MAGIC,
            VERSION,
            self.kind,
            self.last,
            self.codec,
            ulid.to_bytes(self.call_id),
            self.number,
            self.first_sample,
            self.samples,
            self.back,
            self.length,
            self.previous,
        )

    @classmethod
    def unpack(cls, data: bytes) -> "Head":
        """Read the first HEAD_BYTES of a segment.

        Raises:
            NotASegment: too short, another magic or version, or fields that contradict each other.
        """
        if len(data) < HEAD_BYTES:
            raise NotASegment(f"got {len(data)} bytes, want {HEAD_BYTES}")
        magic, version, kind, last, codec, call, *numbers, previous = _HEAD.unpack_from(data)
        if magic != MAGIC or version != VERSION:
            raise NotASegment(f"got magic {magic.hex()} version {version}")
        number, first_sample, samples, back, length = numbers
        audio = kind == Kind.AUDIO
        sane = (
            (audio or kind == Kind.FACTS)
            and last == (not audio)
            and (Codec.OPUS <= codec <= Codec.ALAW if audio else codec == Codec.NONE)
            and (samples > 0) == audio
            and (back == NO_BACK) == (number == 0)
            and TAG_BYTES + 2 <= length <= MAX_LENGTH
        )
        if not sane:
            raise NotASegment("the head contradicts itself")
        text = ulid.from_bytes(call)
        return cls(
            Kind(kind),
            Codec(codec),
            text,
            number,
            first_sample,
            samples,
            back,
            length,
            previous,
        )


class CallKey:
    """What a call's data key opens: its cipher and its commitment."""

    def __init__(self, call_id: str, data_key: bytes) -> None:
        if len(data_key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, got {len(data_key)}")
        info = INFO + ulid.to_bytes(call_id)
        both = HKDF(SHA256(), 2 * KEY_BYTES, None, info).derive(data_key)
        self.call_id = call_id
        self.aead = ChaCha20Poly1305(both[:KEY_BYTES])
        self.commitment = both[KEY_BYTES:]


class CallSealer:
    """Seals one call from its first second to its facts. Not for two threads.

    Attributes:
        chain: of the last segment sealed; the key commitment before the first.
        segments: how many were sealed.
    """

    def __init__(self, call_id: str, data_key: bytes) -> None:
        self._key = CallKey(call_id, data_key)
        self._end = 0
        self._closed = False
        self.chain = self._key.commitment
        self.segments = 0

    def seal_audio(
        self,
        packets: Sequence[bytes],
        first_sample: int,
        samples: int,
        back: int,
        codec: Codec = Codec.OPUS,
    ) -> bytes:
        """Seal a second.

        Args:
            first_sample: in the call; not before the end of the second before. A jump is a pause.
            samples: at 8 000 a second.
            back: offset of this call's last segment in the same reel, or NO_BACK for the first.

        Returns:
            The segment, to append to the reel.

        Raises:
            ValueError: the call is closed, or an argument is out of order; nothing was sealed.
        """
        if codec is Codec.NONE or samples <= 0 or first_sample < self._end:
            got = f"{samples} samples of {codec.name} from {first_sample}"
            raise ValueError(f"got {got}, want some from {self._end} on")
        plain = pack_packets(packets)
        sealed = self._seal(Kind.AUDIO, codec, (first_sample, samples, back), plain)
        self._end = first_sample + samples
        return sealed

    def seal_facts(self, facts: Mapping[str, object], back: int) -> bytes:
        """Seal what is known of the call, and close it.

        Raises:
            ValueError, TypeError: as seal_audio, or the facts are not JSON.
        """
        plain = canonical.encode(facts)
        sealed = self._seal(Kind.FACTS, Codec.NONE, (self._end, 0, back), plain)
        self._closed = True
        return sealed

    def _seal(self, kind: Kind, codec: Codec, place: tuple[int, int, int], plain: bytes) -> bytes:
        first_sample, samples, back = place
        length = len(plain) + TAG_BYTES
        if self._closed:
            raise ValueError(f"call {self._key.call_id} has its last segment")
        if (back == NO_BACK) != (self.segments == 0) or length > MAX_LENGTH:
            raise ValueError(f"segment {self.segments}: got back {back}, length {length}")
        head = Head(
            kind,
            codec,
            self._key.call_id,
            self.segments,
            first_sample,
            samples,
            back,
            length,
            self.chain,
        )
        framing = head.pack()
        framed = framing + self._key.aead.encrypt(_nonce(head), plain, framing)
        self.chain = sha256(framed).digest()
        self.segments += 1
        return framed + self.chain


def open_segment(head: Head, ciphertext: bytes, key: CallKey) -> bytes:
    """Return a segment's plaintext.

    Raises:
        TamperedError: see there.
    """
    try:
        return key.aead.decrypt(_nonce(head), ciphertext, head.pack())
    except InvalidTag:
        raise TamperedError(f"call {head.call_id}: segment {head.number} does not open") from None


def chain_of(head: Head, ciphertext: bytes) -> bytes:
    """Return the chain up to and with this segment."""
    return sha256(head.pack() + ciphertext).digest()


def pack_packets(packets: Sequence[bytes]) -> bytes:
    """Return an audio segment's plaintext.

    Raises:
        ValueError: there are none, or one is empty or over 65 535 bytes.
    """
    if not packets or not all(0 < len(packet) < 1 << 16 for packet in packets):
        raise ValueError(f"got packets of {[len(packet) for packet in packets]} bytes")
    return b"".join(_PACKET.pack(len(packet)) + packet for packet in packets)


def unpack_packets(plain: bytes) -> list[bytes]:
    """Return the packets of an audio segment's plaintext.

    Raises:
        TamperedError: the lengths do not add up.
    """
    packets, at = [], 0
    while at + _PACKET.size < len(plain):
        (length,) = _PACKET.unpack_from(plain, at)
        at += _PACKET.size
        packets.append(plain[at : at + length])
        at += length
    if at != len(plain) or not all(packets):
        raise TamperedError("the packets' lengths do not add up")
    return packets


def _nonce(head: Head) -> bytes:
    return head.number.to_bytes(11, "big") + bytes([head.last])
