"""The tap board's end of the wire, with no port and no clock: bytes and the time in, bytes out.

It behaves as the firmware does. It carries out each command once, however often that is sent;
streams 10 ms blocks; stops when the box falls silent; and drops whole frames, newest first, when
what it has to send piles up, and counts them. A dropped frame never had a sequence number, so the
box can tell it from one that the wire lost.

Source: the project's wire protocol.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import numpy as np

from firmware_bridge import commands
from firmware_bridge.block import Samples
from firmware_bridge.board_device import BoardDevice, Identity, NotSupported
from firmware_bridge.board_sounds import NoRoom
from firmware_bridge.frames import Frame, FrameReader, encode
from firmware_bridge.layout import BadPayload, Message
from firmware_bridge.line_player import LineSource
from firmware_bridge.messages import Ack, AckError, Data, Log, Status
from firmware_bridge.signals import AUDIO_HZ

#: Without any frame from the box for so long the board stops streaming.
KEEP_ALIVE_S: Final = 5.0
#: ACKs kept, to answer a command that comes again.
REMEMBERED: Final = 8
#: Room for frames that wait to be sent: 1.7 s of 8 lines, as the emulated board has.
QUEUE_BYTES: Final = 256 * 1024

#: Lower types are a board's own.
_FIRST_COMMAND: Final = 0x80
_CAUSE_POWER, _CAUSE_REBOOT = 0, 3  # STATUS: why the board started
_TEMPERATURE_DC, _SUPPLY_MV = 412, 5010  # a board at its ease


class BoardEnd:
    """A board on one wire.

    Attributes:
        device: the board itself.
        tx_drops: frames dropped since the start.
    """

    def __init__(
        self,
        source: LineSource,
        boot_id: int = 1,
        now_s: float = 0.0,
        keep_alive_s: float = KEEP_ALIVE_S,
        identity: Identity = Identity(),
    ) -> None:
        """Start a board at now_s.

        Raises:
            WrongLines: the source has none, or more than 8.
        """
        self.device: Final = BoardDevice(source, boot_id, identity)
        self._keep_alive_s = keep_alive_s
        self._start(now_s, _CAUSE_POWER)

    def _start(self, now_s: float, cause: int) -> None:
        self.tx_drops = 0
        self._frames_sent = 0
        self._cause = cause
        self._boot_s = self._heard_s = now_s
        self._reader = FrameReader()
        self._answered: OrderedDict[int, Sequence[Message]] = OrderedDict()

    def push(self, data: bytes, now_s: float, queued_bytes: int = 0) -> bytes:
        """Take bytes from the box and return the answers.

        Args:
            now_s: on a clock that does not go back; the board's own counts from its start.
            queued_bytes: handed out before, and still waiting for the wire.
        """
        out = b""
        for frame in self._reader.push(data, now_s):
            self._heard_s = now_s
            if frame.type >= _FIRST_COMMAND:
                out += self._answer(frame, now_s, queued_bytes + len(out))
        return out

    def next_block(self, now_s: float, queued_bytes: int = 0) -> bytes:
        """Let 10 ms pass on the lines; return their DATA, or b"" when it is not to be sent."""
        sample = self.device.sample
        audio, volts = self.device.listen()
        if now_s - self._heard_s >= self._keep_alive_s:
            self.device.streaming = False
        if not self.device.streaming:
            return b""
        block = Data(
            sample=sample,
            board_us=self.device.sample * 1_000_000 // AUDIO_HZ,
            boot_id=self.device.boot_id,
            adc_lost=self.device.adc_lost & 0xFFFF_FFFF,
            tx_drops=self.tx_drops & 0xFFFF,
            clip_mask=_clipped(audio),
            fault_mask=0,
            audio=audio,
            volts=volts,
        )
        return self._send(block, queued_bytes)

    def hello(self) -> bytes:
        """Return the frame that a board sends unasked when it has started."""
        return self._send(self.device.hello(), 0)

    def restart(self, now_s: float, cause: int = _CAUSE_POWER) -> bytes:
        """Start again, as after a dip of the supply; return the HELLO of the new start."""
        self.device.restart()
        self._start(now_s, cause)
        return self.hello()

    def lose(self, ms: int) -> None:
        """Lose samples of all lines at the converter; the time that they took has passed."""
        self.device.lose(ms)
        self._boot_s -= ms / 1000

    def say(self, text: str, queued_bytes: int = 0) -> bytes:
        """Return a LOG frame."""
        return self._send(Log(text), queued_bytes)

    def _answer(self, frame: Frame, now_s: float, queued_bytes: int) -> bytes:
        if frame.type == commands.Greet.TYPE:
            self._answered.clear()  # it may come from a new process, which counts from 0
        restarts = False
        if frame.seq not in self._answered:
            self._answered[frame.seq] = self._carry_out(frame, now_s)
            restarts = self._is_reboot(frame)
        out = b""
        for message in self._answered[frame.seq]:
            out += self._send(message, queued_bytes + len(out))
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return out + self.restart(now_s, _CAUSE_REBOOT) if restarts else out

    def _carry_out(self, frame: Frame, now_s: float) -> Sequence[Message]:
        first: list[Message] = []
        error, result = AckError.OK, b""
        try:
            match commands.read(frame):
                case None:
                    error = AckError.UNKNOWN_COMMAND
                case commands.Greet():
                    first = [self.device.hello()]
                case commands.AskStatus():
                    first = [self._status(now_s)]
                case commands.Reboot():
                    pass  # once its ACK is out
                case command:
                    result = self.device.do(command)
        except BadPayload:
            error = AckError.BAD_PAYLOAD
        except NoRoom:
            error = AckError.BUSY
        except NotSupported:
            error = AckError.NOT_SUPPORTED
        return [*first, Ack(frame.type, error, frame.seq, self._board_us(now_s), result)]

    def _is_reboot(self, frame: Frame) -> bool:
        if frame.type != commands.Reboot.TYPE or len(frame.payload) < commands.Reboot.LAYOUT.size:
            return False
        return commands.Reboot.from_bytes(frame.payload).boot_id == self.device.boot_id

    def _status(self, now_s: float) -> Status:
        reader = self._reader
        return Status(
            temperature_dc=_TEMPERATURE_DC,
            supply_mv=_SUPPLY_MV,
            reset_cause=self._cause,
            uptime_s=self._board_us(now_s) // 1_000_000,
            frames_sent=self._frames_sent,
            tx_drops=self.tx_drops,
            bad_frames=reader.bad_headers + reader.bad_crcs + reader.cut,
            adc_errors=0,
        )

    def _board_us(self, now_s: float) -> int:
        return max(0, round((now_s - self._boot_s) * 1e6))

    def _send(self, message: Message, queued_bytes: int) -> bytes:
        frame = encode(message.TYPE, self._frames_sent, message.to_bytes())
        if queued_bytes + len(frame) > QUEUE_BYTES:
            self.tx_drops += 1
            return b""
        self._frames_sent += 1
        return frame


def _clipped(audio: Samples) -> int:
    """Return a mask of the lines that reach either end of the converter's range."""
    clipped = (audio.max(axis=1) == 32767) | (audio.min(axis=1) == -32768)
    return int(np.packbits(clipped, bitorder="little")[0])
