"""16-bit WAV files of any length, read in pieces.

The standard library's wave module does not know WAVE_FORMAT_EXTENSIBLE before Python 3.12, and that
is what sox writes as soon as there are more than two channels.

    "RIFF" u32 size "WAVE" { id[4] u32 size body, padded to an even length }*
    fmt :  u16 format (1, or 0xFFFE with 1 in the first two bytes of its GUID), u16 channels,
           u32 rate, u32 bytes a second, u16 bytes a frame, u16 bits; extensible: u16 size,
           u16 valid bits, u32 speaker mask, GUID[16]
    data:  int16[frames][channels], little-endian; a size of 0 or 0xFFFFFFFF, or one past the end of
           the file (a recording that was cut off), means "to the end of the file"

Source: Microsoft and IBM, "Multimedia programming interface and data specifications 1.0", 1991, and
"Multiple channel audio data and WAVE files", 2001.
"""

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np

from firmware_bridge.block import Samples

_CHUNK = struct.Struct("<4sI")
_FMT = struct.Struct("<HHIIHH")
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE
_GUID_AT: Final = 24
_SAMPLE_BYTES: Final = 2
_RIFF_BYTES: Final = 12


class NotAWav(ValueError):
    """The file is not a WAV file, or holds no 16-bit PCM."""


class WavReader:
    """Close it, or use it in a with block.

    Attributes:
        rate, channels, frames: as the file says.
    """

    def __init__(self, path: Path) -> None:
        """Open a file and read its header.

        Raises:
            NotAWav: with what was found and what is wanted.
            OSError: it cannot be read.
        """
        self._file: BinaryIO = path.open("rb")
        try:
            self._start, self._end = self._find_data(path)
        except BaseException:
            self._file.close()
            raise
        self.frames: Final = (self._end - self._start) // (_SAMPLE_BYTES * self.channels)
        self._left = self.frames
        self._file.seek(self._start)

    def read(self, frames: int) -> Samples:
        """Return the next int16[channels, at most frames]; none at the end."""
        wanted = min(frames, self._left)
        data = self._file.read(wanted * self.channels * _SAMPLE_BYTES)
        got = len(data) // (self.channels * _SAMPLE_BYTES)
        self._left -= wanted
        samples = np.frombuffer(data, "<i2", got * self.channels)
        return np.ascontiguousarray(samples.reshape(got, self.channels).T, np.int16)

    def rewind(self) -> None:
        self._left = self.frames
        self._file.seek(self._start)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _find_data(self, path: Path) -> tuple[int, int]:
        file_bytes = os.fstat(self._file.fileno()).st_size
        head = self._file.read(_RIFF_BYTES)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise NotAWav(f"{path}: begins with {head[:4]!r}, want a RIFF WAVE file")
        at, described = _RIFF_BYTES, False
        while len(chunk := self._file.read(_CHUNK.size)) == _CHUNK.size:
            name, size = _CHUNK.unpack(chunk)
            at += _CHUNK.size
            if name == b"fmt ":
                self._describe(path, self._file.read(size))
                described = True
            elif name == b"data" and described:
                open_ended = size in (0, 0xFFFFFFFF) or at + size > file_bytes
                return at, file_bytes if open_ended else at + size
            at += size + size % 2
            self._file.seek(at)
        raise NotAWav(f"{path}: has no {'data' if described else 'fmt'} chunk")

    def _describe(self, path: Path, body: bytes) -> None:
        if len(body) < _FMT.size:
            raise NotAWav(f"{path}: fmt chunk of {len(body)} bytes, want at least {_FMT.size}")
        form, self.channels, self.rate, _, _, bits = _FMT.unpack_from(body)
        if form == _EXTENSIBLE:
            form = int.from_bytes(body[_GUID_AT : _GUID_AT + 2], "little")
        if (form, bits) != (_PCM, 8 * _SAMPLE_BYTES) or not self.channels:
            raise NotAWav(
                f"{path}: format {form} with {bits} bits and {self.channels} channels,"
                f" want format {_PCM} (PCM) with 16 bits"
            )


class WavWriter:
    """Writes plain PCM, up to 4 GB. Close it, or use it in a with block, or the sizes are wrong."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._file: BinaryIO = path.open("wb")
        self._rate, self._channels, self._bytes = rate, channels, 0
        self._write_header()

    def write(self, samples: Samples) -> None:
        """Append int16[channels, n]."""
        data = np.ascontiguousarray(samples.T, "<i2").tobytes()
        self._file.write(data)
        self._bytes += len(data)

    def close(self) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _write_header(self) -> None:
        frame_bytes = _SAMPLE_BYTES * self._channels
        fmt = _FMT.pack(_PCM, self._channels, self._rate, self._rate * frame_bytes, frame_bytes, 16)
        data = _CHUNK.pack(b"data", self._bytes)
        body = b"WAVE" + _CHUNK.pack(b"fmt ", len(fmt)) + fmt + data
        self._file.write(_CHUNK.pack(b"RIFF", len(body) + self._bytes) + body)
