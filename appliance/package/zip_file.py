"""The package's ZIP: written in one way only, read with suspicion.

Written: every file stored, in the order given, dated 1 January 1980, mode 0644, no comment, no
data descriptor, no ZIP64. The same files give the same bytes, so that a byte that was changed
anywhere shows, be it in no file. An encrypted one has method 99 and the extra field of AE-2
(zip_aes.py).

    local header 30 | name | AE-2's extra 11 | content          for each file
    directory entry 46 | name | AE-2's extra 11                 for each file
    end of directory 22

Read: any ZIP, so that what is in a package that somebody packed again can be named; no more than
MAX_GROWTH times its own size is taken out of it, and nothing is written anywhere.

Source: PKWARE, APPNOTE 6.3.10, 4.3 and 4.4; WinZip, AE-2.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance.package import zip_aes
from appliance.package.zip_aes import Damaged, WrongPassphrase

MAX_FILES: Final = 64
#: Nobody needs more: ours are not compressed, and speech does not shrink to an eighth.
MAX_GROWTH: Final = 8
MAX_BYTES: Final = (1 << 32) - 1

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_EXTRA = struct.Struct("<HHH2sBH")
#: AE-2, AES-256, stored.
_AES_EXTRA = _EXTRA.pack(0x9901, 7, 2, b"AE", 3, 0)
_STORED, _AES = 0, 99
_NEEDS, _NEEDS_AES = 20, 51
_ENCRYPTED = 1
_MADE_BY = 3 << 8 | 20  # a Unix, ZIP 2.0
_MODE = 0o100644 << 16
_FIRST_OF_1980 = 1 << 5 | 1
_LOCAL_BYTES = 30

#: All that zipfile raises at what is no sound ZIP.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, LookupError, OSError, NotImplementedError,
    RuntimeError, struct.error, OverflowError,
)  # fmt: skip


class NotAZip(ValueError):
    """No directory of files can be found in it."""


class PassphraseNeeded(ValueError):
    """It is encrypted."""


@dataclass(frozen=True)
class Packed:
    """A file as it lies in the archive.

    Attributes:
        stored: its bytes there.
        crc: of its content; 0 when it is encrypted.
        content_bytes: its length when taken out.
    """

    name: str
    stored: bytes
    crc: int
    content_bytes: int
    encrypted: bool


@dataclass
class Archive:
    """What was found.

    Attributes:
        contents: of the files that could be read, by name.
        damaged, twice, too_large: names of files.
        as_written: the archive is byte for byte what pack() makes of its files.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    encrypted: bool = False
    damaged: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    as_written: bool = False


def plain(files: Mapping[str, bytes]) -> list[Packed]:
    """Return files as they lie in an archive that is not encrypted."""
    return [Packed(name, data, zlib.crc32(data), len(data), False) for name, data in files.items()]


def encrypted(files: Mapping[str, bytes], passphrase: str, salts: Iterable[bytes]) -> list[Packed]:
    """Return files as they lie in an encrypted archive, each under a salt of its own."""
    return [
        Packed(name, zip_aes.seal(data, passphrase, salt), 0, len(data), True)
        for (name, data), salt in zip(files.items(), salts, strict=True)
    ]


def pack(files: Sequence[Packed]) -> Iterator[bytes]:
    """Yield the archive, piece by piece.

    Raises:
        ValueError: it would have over 4 GiB.
    """
    at = 0
    directory: list[bytes] = []
    for file in files:
        name, extra = file.name.encode("ascii"), _AES_EXTRA * file.encrypted
        directory += [_entry(file, at), name, extra]
        yield from (_local(file), name, extra, file.stored)
        at += _LOCAL_BYTES + len(name) + len(extra) + len(file.stored)
        if at > MAX_BYTES - (1 << 20):
            raise ValueError(f"a package of {at} bytes, want under 4 GiB")
    whole = b"".join(directory)
    yield whole
    yield _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(whole), at, 0)


def _common(file: Packed) -> tuple[int, ...]:
    needs, method = (_NEEDS_AES, _AES) if file.encrypted else (_NEEDS, _STORED)
    return (
        *(needs, _ENCRYPTED * file.encrypted, method, 0, _FIRST_OF_1980),
        *(file.crc, len(file.stored), file.content_bytes),
        *(len(file.name), len(_AES_EXTRA) * file.encrypted),
    )


def _local(file: Packed) -> bytes:
    return _LOCAL.pack(b"PK\3\4", *_common(file))


def _entry(file: Packed, at: int) -> bytes:
    return _ENTRY.pack(b"PK\1\2", _MADE_BY, *_common(file), 0, 0, 0, _MODE, at)


# ---------------------------------------------------------------- reading


def read(data: bytes, passphrase: str | None = None) -> Archive:
    """Return what is in an archive, and what is wrong with it.

    Raises:
        NotAZip, PassphraseNeeded, WrongPassphrase: see there.
    """
    try:
        zipped = zipfile.ZipFile(io.BytesIO(data))
        infos = zipped.infolist()[:MAX_FILES]
    except _UNREADABLE as error:
        raise NotAZip(str(error)) from None
    found = Archive(encrypted=any(info.flag_bits & _ENCRYPTED for info in infos))
    if found.encrypted and passphrase is None:
        raise PassphraseNeeded("the package is encrypted")
    reader = _Reader(data, zipped, passphrase or "")
    files = [
        file
        for info in infos
        if not info.is_dir() and (file := reader.take(info, found)) is not None
    ]
    if reader.wrong and not found.contents:
        raise WrongPassphrase("no file opens with it")
    found.as_written = len(infos) == len(zipped.infolist()) == len(files) and _same(files, data)
    return found


class _Reader:
    """Takes files out of an archive, up to a total.

    Attributes:
        wrong: files whose verifier is another passphrase's.
    """

    def __init__(self, data: bytes, zipped: zipfile.ZipFile, passphrase: str) -> None:
        self._data = data
        self._zipped = zipped
        self._passphrase = passphrase
        self._left = len(data) * MAX_GROWTH
        self.wrong = 0

    def take(self, info: zipfile.ZipInfo, found: Archive) -> Packed | None:
        """Return a file as pack() takes it; note its content, or what is wrong with it."""
        name = info.filename
        if name in {*found.contents, *found.damaged, *found.too_large}:
            found.twice.append(name)
            return None
        try:
            file, content = self._open(info)
        except _UNREADABLE as error:
            self.wrong += isinstance(error, WrongPassphrase)
            found.damaged.append(name)
            return None
        if len(content) > self._left:
            found.too_large.append(name)
            return None
        self._left -= len(content)
        found.contents[name] = content
        return file

    def _open(self, info: zipfile.ZipInfo) -> tuple[Packed, bytes]:
        if info.flag_bits & _ENCRYPTED:
            stored = self._stored(info)
            content = zip_aes.unseal(stored, self._passphrase)
            return Packed(info.filename, stored, 0, len(content), True), content
        with self._zipped.open(info) as file:
            content = file.read(self._left + 1)
        return Packed(info.filename, content, zlib.crc32(content), len(content), False), content

    def _stored(self, info: zipfile.ZipInfo) -> bytes:
        if info.compress_type != _AES or info.extra != _AES_EXTRA:
            raise Damaged("not encrypted in our way")
        local = self._data[info.header_offset : info.header_offset + _LOCAL_BYTES]
        *_, name_bytes, extra_bytes = _LOCAL.unpack(local)
        start = info.header_offset + _LOCAL_BYTES + name_bytes + extra_bytes
        return self._data[start : start + info.compress_size]


def _same(files: Sequence[Packed], data: bytes) -> bool:
    """Say whether these files, packed, are these bytes."""
    at = 0
    try:
        for piece in pack(files):
            if data[at : at + len(piece)] != piece:
                return False
            at += len(piece)
    except (ValueError, struct.error):  # a name that is no ASCII, or too long
        return False
    return at == len(data)
