"""The simulated tap board behind its wire: converter, sample counter, lamps, what it can do."""

from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Final

import numpy as np

from firmware_bridge import commands
from firmware_bridge.block import Samples
from firmware_bridge.board_sounds import BoardSounds
from firmware_bridge.commands import Command
from firmware_bridge.layout import BadPayload
from firmware_bridge.line_player import LineSource, Piece
from firmware_bridge.messages import MAJOR, MINOR, Capability, Hello
from firmware_bridge.signals import AUDIO_HZ, AUDIO_PER_VOLT, VOLT_HZ

BLOCK_MS: Final = 10
BLOCK_SAMPLES: Final = BLOCK_MS * AUDIO_HZ // 1000
MAX_LINES: Final = 8


class WrongLines(ValueError):
    """A board has 1 to 8 lines."""


class NotSupported(Exception):
    """A command that this board knows and cannot carry out."""


@dataclass(frozen=True)
class Identity:
    """Who the board says it is; the unique id is 12 bytes."""

    hardware_id: int = 0xFA4E
    firmware: int = 0x0001_0000
    unique_id: bytes = b"KIROK-SIMUL8"
    audio_nv: int = 50_000
    volt_uv: int = 10_000
    capabilities: int = (
        Capability.GAIN
        | Capability.LED
        | Capability.BEEP
        | Capability.PLAY
        | Capability.SELFTEST
        | Capability.CALIBRATE
    )


class BoardDevice:
    """One board.

    Attributes:
        boot_id: of this start.
        sample: index of the next audio sample since the start.
        adc_lost: audio samples lost at the converter since the start; `sample` counts them.
        streaming: between START and STOP.
        lamps, gains, calibrated: by lamp or line, the last command: what a person at it would see.
        first_sample: index of the source's first sample; None before the first START, since until
            somebody listens nobody calls.
        ended: the source has no more; its lines stay as they were left.
    """

    def __init__(self, source: LineSource, boot_id: int, identity: Identity) -> None:
        """Start the board.

        Raises:
            WrongLines: the source has none, or more than a board.
        """
        if not 1 <= source.lines <= MAX_LINES:
            raise WrongLines(f"{source.lines} lines, want 1 to {MAX_LINES}")
        self.boot_id = boot_id
        self.first_sample: int | None = None
        self.ended = False
        self._source = source
        self._identity = identity
        self._last_volts: Samples = np.zeros((source.lines, 1), np.int16)
        self.lamps: dict[int, commands.Led] = {}
        self.gains: dict[int, int] = {}
        self.calibrated: dict[int, int] = {}
        self._start()

    def _start(self) -> None:
        self.sample = 0
        self.adc_lost = 0
        self.streaming = False
        self._sounds = BoardSounds(self._source.lines)

    def restart(self) -> None:
        """Start again with another boot id; on the lines life goes on."""
        # The generator of "Numerical Recipes": another id each time, and the same ones in each run.
        self.boot_id = (self.boot_id * 1_664_525 + 1_013_904_223) & 0xFFFF_FFFF
        self._start()

    def hello(self) -> Hello:
        identity = self._identity
        return Hello(
            major=MAJOR,
            minor=MINOR,
            hardware_id=identity.hardware_id,
            firmware=identity.firmware,
            unique_id=identity.unique_id,
            boot_id=self.boot_id,
            lines=self._source.lines,
            block_ms=BLOCK_MS,
            audio_hz=AUDIO_HZ,
            volt_hz=VOLT_HZ,
            audio_nv=identity.audio_nv,
            volt_uv=identity.volt_uv,
            capabilities=identity.capabilities,
        )

    def listen(self) -> Piece:
        """Return the next 10 ms of all lines, as the converter has them."""
        audio, volts = self._read(BLOCK_MS)
        self.sample += BLOCK_SAMPLES
        return self._sounds.mix(audio, volts), volts

    def lose(self, ms: int) -> None:
        """Lose samples of all lines at the converter: counted, and never sent."""
        self._read(ms)
        self.sample += ms * AUDIO_PER_VOLT
        self.adc_lost += ms * AUDIO_PER_VOLT

    def _read(self, ms: int) -> Piece:
        """Read the source; what it does not have is silence at the last voltage."""
        lines = self._source.lines
        audio = volts = np.zeros((lines, 0), np.int16)
        if self.first_sample is not None and not self.ended:
            audio, volts = self._source.read(ms)
            self.ended = volts.shape[1] < ms
        if missing := ms - volts.shape[1]:
            last = volts[:, -1:] if volts.shape[1] else self._last_volts
            audio = np.hstack([audio, np.zeros((lines, missing * AUDIO_PER_VOLT), np.int16)])
            volts = np.hstack([volts, np.repeat(last, missing, axis=1)])
        self._last_volts = volts[:, -1:]
        return audio, volts

    @singledispatchmethod
    def do(self, command: Command) -> bytes:
        """Carry out a command and return its ACK's result.

        Raises:
            BadPayload: there is no such line, or a piece of an announcement is not the next one.
            NoRoom: for a piece of an announcement.
            NotSupported: firmware is not taken.
        """
        raise NotSupported(type(command).__name__)

    @do.register
    def _(self, command: commands.Start) -> bytes:
        self.streaming = True
        if self.first_sample is None:
            self.first_sample = self.sample
        return b""

    @do.register
    def _(self, command: commands.Stop) -> bytes:
        self.streaming = False
        return b""

    @do.register
    def _(self, command: commands.Gain) -> bytes:
        self.gains[self._line(command.line)] = command.gain  # a step stays 50 uV: nothing to scale
        return b""

    @do.register
    def _(self, command: commands.Led) -> bytes:
        self.lamps[command.lamp] = command
        return b""

    @do.register
    def _(self, command: commands.Calibrate) -> bytes:
        self.calibrated[self._line(command.line)] = command.applied_mv
        return b""

    @do.register
    def _(self, command: commands.Beep) -> bytes:
        samples = command.duration_ms * AUDIO_HZ // 1000
        dbm0 = command.level_ddbm0 / 10
        self._sounds.beep(self._line(command.line), command.freq_hz, samples, dbm0)
        return b""

    @do.register
    def _(self, command: commands.SelfTest) -> bytes:
        samples = command.duration_ms * AUDIO_HZ // 1000
        dbm0 = command.level_ddbm0 / 10
        self._sounds.self_test(self._line(command.line), command.freq_hz, samples, dbm0)
        return b""

    @do.register
    def _(self, command: commands.Play) -> bytes:
        piece = np.frombuffer(command.audio, "<i2").astype(np.int16)
        room = self._sounds.play(self._line(command.line), command.offset, piece)
        return room.to_bytes(2, "little")

    @do.register
    def _(self, command: commands.TimeSync) -> bytes:
        return b""  # the ACK's own time is the answer

    def _line(self, line: int) -> int:
        if line > self._source.lines:
            raise BadPayload(f"line {line}, want 1..{self._source.lines}")
        return line
