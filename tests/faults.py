"""A disk that fails when told to: a stand-in for `os`, given to what writes as its `disk`."""

import errno
import os
from contextlib import suppress


class PowerCut(BaseException):
    """The power went. No code of ours may catch it and go on."""


class FaultyDisk:
    """Does what os does, but for one chosen call.

    Args:
        call: the number of the call that fails, from 0; None: never.
        error: what it raises.
        done: the call is done before it fails ("failed but done"); a write is done by half.
        only: count calls of this name alone.

    Attributes:
        calls: the names of the calls made since it was armed.
    """

    COUNTED = frozenset(
        {"open", "write", "fsync", "fdatasync", "ftruncate"}
        | {"link", "rename", "unlink", "mkdir", "rmdir"}
    )

    def __init__(self, call=None, error=None, *, done=False, only=None):
        self.arm(call, error, done=done, only=only)

    def arm(self, call=None, error=None, *, done=False, only=None):
        """Start counting anew."""
        self.calls = []
        self._call, self._only, self._done = call, only, done
        self._error = error or OSError(errno.EIO, "disk")

    def close(self, fd):
        os.close(fd)

    def __getattr__(self, name):
        if name not in self.COUNTED:
            raise AttributeError(name)
        return lambda *args: self._make(name, *args)

    def _make(self, name, *args):
        counted = [each for each in self.calls if self._only in (None, each)]
        fails = self._only in (None, name) and len(counted) == self._call
        self.calls.append(name)
        if not fails:
            return getattr(os, name)(*args)
        if self._done:
            with suppress(OSError):
                self._do_quietly(name, *args)
        raise self._error

    def _do_quietly(self, name, *args):
        if name == "write":
            os.write(args[0], args[1][: len(args[1]) // 2])
        elif name == "open":
            os.close(os.open(*args))
        else:
            getattr(os, name)(*args)
