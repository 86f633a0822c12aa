"""A wire that spoils what goes through it, on command: for tests of the other end."""

import random


class FaultyWire:
    """Passes bytes on until told to spoil some. The same seed spoils them the same way."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = random.Random(seed)
        self._garble = self._drop = 0
        self._insert = b""

    def garble(self, n: int) -> None:
        """Turn each of the next n bytes into another one."""
        self._garble += n

    def drop(self, n: int) -> None:
        """Lose the next n bytes."""
        self._drop += n

    def insert(self, n: int) -> None:
        """Put n bytes of noise before the next byte."""
        self._insert += self._rng.randbytes(n)

    def push(self, data: bytes) -> bytes:
        """Return what comes out at the other end."""
        if not (self._garble or self._drop or self._insert):
            return data
        dropped = min(self._drop, len(data))
        self._drop -= dropped
        data = data[dropped:]
        spoilt = min(self._garble, len(data))
        self._garble -= spoilt
        noise, self._insert = self._insert, b""
        garbled = bytes(byte ^ self._rng.randrange(1, 256) for byte in data[:spoilt])
        return noise + garbled + data[spoilt:]
