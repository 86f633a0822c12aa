"""The least that answers as a board does: for tests of the box's end alone."""

from firmware_bridge import commands
from firmware_bridge.commands import Greet, Start, Stop
from firmware_bridge.frames import FrameReader, encode
from firmware_bridge.messages import Ack
from tests.firmware_bridge.wire import data, hello


class TinyBoard:
    """Bytes in, bytes out.

    Attributes:
        got: commands received, with their seq.
        silent: answers nothing.
        refuse: the error to answer with, by type of command.
    """

    def __init__(self, boot_id=0xDEADBEEF, first_block=0, **identity):
        self.got = []
        self.silent = False
        self.streaming = False
        self.refuse = {}
        self.n = first_block
        self.board_us = 0
        self._hello = hello(boot_id=boot_id, **identity)
        self._reader = FrameReader()
        self._seq = 0

    def send(self, message):
        self._seq += 1
        return encode(message.TYPE, self._seq, message.to_bytes())

    def hello(self):
        return self.send(self._hello)

    def push(self, wire):
        out = b""
        for frame in self._reader.push(wire, 0.0):
            command = commands.read(frame)
            self.got.append((command, frame.seq))
            if not self.silent:
                out += self._answer(command, frame.seq)
        return out

    def block(self, **changed):
        """Let 10 ms pass; return what is sent of it."""
        self.n += 1
        self.board_us = 10_000 * self.n
        block = data(self.n - 1, boot_id=self._hello.boot_id, **changed)
        return self.send(block) if self.streaming else b""

    def commands(self, kind):
        return [command for command, _ in self.got if isinstance(command, kind)]

    def _answer(self, command, seq):
        error = self.refuse.get(type(command), 0)
        if isinstance(command, Start | Stop) and not error:
            self.streaming = isinstance(command, Start)
        first = self.hello() if isinstance(command, Greet) else b""
        return first + self.send(Ack(command.TYPE, error, seq, self.board_us))
