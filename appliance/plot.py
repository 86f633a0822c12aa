"""`kirok analyse --plot`: line voltage, events and spectrogram of a capture on one time axis.

    line 1  ┌ volts ───────────────┐   lowest to highest of each column
            ├ events ──────────────┤   a lane for each kind: bars, ticks, labels
            └ 0 to 4 kHz ──────────┘   level in dBm0 of a sine
    line 2  ...

Colours: Okabe and Ito's for the lanes, cividis for the levels; both can be told apart by the
colour-blind. matplotlib is wanted for this alone, and loaded only here (the extra `plot`).
"""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.marks import LANES, Mark, fits_inside, marks_of, pack
from appliance.overview import Overview
from dsp.events import Event
from firmware_bridge.capture import Capture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A board's lines; more are too small to be read on one sheet.
MAX_LINES: Final = 8

_DPI: Final = 100
_WIDTH_IN: Final = 16.0
_LEFT_IN, _RIGHT_IN = 1.0, 0.9
_TOP_IN, _BOTTOM_IN = 0.55, 0.6
_VOLTS_IN, _ROW_IN, _SPECTRUM_IN = 1.1, 0.21, 1.5
_GAP_IN, _BETWEEN_LINES_IN = 0.05, 0.5
_COLUMNS: Final = round((_WIDTH_IN - _LEFT_IN - _RIGHT_IN) * _DPI)
_FONT_PT: Final = 8
_CHAR_IN: Final = 0.07
#: Width of what has no length.
_TICK_IN: Final = 0.02
_TICKS: Final = 12
_STEPS_S: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MINUTES_FROM_S: Final = 120

#: Below lies the noise of a line, above the loudest tones.
_FLOOR_DBM0, _CEILING_DBM0 = -70.0, -5.0
_COLOURS: Final = {
    "line": "#000000",
    "hook": "#0072B2",
    "ring": "#E69F00",
    "keys": "#D55E00",
    "caller id": "#CC79A7",
    "tones": "#009E73",
    "notice": "#F0E442",
    "speech": "#56B4E9",
    "other": "#999999",
}
_DARK: Final = ("line", "hook", "keys", "tones")


class PlotMissing(RuntimeError):
    """There is no matplotlib on this machine."""


def draw(path: Path, events: Sequence[Event], out: Path) -> list[int]:
    """Draw a capture and its events into a PNG file; return the lines that found no room.

    A line is drawn if anything but its coming up happened on it; if nothing happened on any, all
    are.

    Raises:
        PlotMissing: with the remedy.
        CaptureError: the capture cannot be read.
        OSError: the picture cannot be written.
    """
    figure_of = _figure_class()
    with Capture(path) as capture:
        lines = _lines_of(capture, events)
        seen = Overview(capture, lines[:MAX_LINES], _COLUMNS)
        sheet = _Sheet(capture, seen, lines[:MAX_LINES], events)
    figure = figure_of(figsize=(_WIDTH_IN, sheet.height_in), dpi=_DPI)
    sheet.draw_on(figure, path.name, lines[MAX_LINES:])
    figure.savefig(out, format="png")
    return lines[MAX_LINES:]


def _figure_class() -> "type[Figure]":
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (half a second, for pictures alone)
    except ImportError:
        raise PlotMissing(
            "no matplotlib, which draws: `make setup` installs it, or `pip install 'kirok[plot]'`"
        ) from None
    return Figure


def _lines_of(capture: Capture, events: Sequence[Event]) -> list[int]:
    busy = sorted({event.line for event in events if event.kind != "line_up"})
    return busy or list(range(1, capture.lines + 1))


class _Sheet:
    """What is drawn, and how high it is."""

    def __init__(
        self, capture: Capture, seen: Overview, lines: Sequence[int], events: Sequence[Event]
    ) -> None:
        self._seconds = capture.seconds
        self._lines = lines
        self._seen = seen
        self._s_per_in = self._seconds / (_WIDTH_IN - _LEFT_IN - _RIGHT_IN)
        self._s_per_char = _CHAR_IN * self._s_per_in
        self._rows = [self._rows_of([e for e in events if e.line == line]) for line in lines]
        heights = [self._line_in(rows) for rows in self._rows]
        self.height_in = _TOP_IN + sum(heights) + _BOTTOM_IN - _BETWEEN_LINES_IN

    def _line_in(self, rows: list[list[Mark]]) -> float:
        volts = 0.0 if self._seen.lowest_v is None else _VOLTS_IN + _GAP_IN
        spectrum = 0.0 if self._seen.level_dbm0 is None else _SPECTRUM_IN + _GAP_IN
        return volts + spectrum + max(1, len(rows)) * _ROW_IN + _BETWEEN_LINES_IN

    def _rows_of(self, events: Sequence[Event]) -> list[list[Mark]]:
        marks = marks_of(events, self._seconds)
        lanes = ([mark for mark in marks if mark.lane == lane] for lane in LANES)
        return [row for lane in lanes for row in pack(lane, self._s_per_char)]

    def draw_on(self, figure: "Figure", name: str, left_out: Sequence[int]) -> None:
        """Draw everything."""
        title = name.encode("ascii", "replace").decode()
        if left_out:
            title += f"   (not drawn: line {', '.join(map(str, left_out))})"
        figure.text(_LEFT_IN / _WIDTH_IN, 1 - 0.3 / self.height_in, title, fontsize=11)
        top_in = _TOP_IN
        for row, line in enumerate(self._lines):
            self._draw_line(figure, row, line, top_in)
            top_in += self._line_in(self._rows[row])

    def _draw_line(self, figure: "Figure", row: int, line: int, top_in: float) -> None:
        panels: list[Axes] = []
        if self._seen.lowest_v is not None:
            panels.append(self._panel(figure, top_in, _VOLTS_IN))
            self._draw_volts(panels[-1], row)
            top_in += _VOLTS_IN + _GAP_IN
        height_in = max(1, len(self._rows[row])) * _ROW_IN
        panels.append(self._panel(figure, top_in, height_in))
        self._draw_marks(panels[-1], self._rows[row])
        top_in += height_in + _GAP_IN
        if self._seen.level_dbm0 is not None:
            panels.append(self._panel(figure, top_in, _SPECTRUM_IN))
            self._draw_spectrum(figure, panels[-1], row, top_in)
        for panel in panels[:-1]:
            panel.tick_params(labelbottom=False)
        unit = "minutes:seconds" if self._seconds >= _MINUTES_FROM_S else "seconds"
        panels[-1].set_xlabel(unit, fontsize=_FONT_PT, labelpad=1)
        panels[0].set_title(f"line {line}", loc="left", fontsize=9, fontweight="bold", pad=3)

    def _panel(self, figure: "Figure", top_in: float, height_in: float) -> "Axes":
        panel = figure.add_axes(self._box(_LEFT_IN, top_in, _WIDTH_IN - _RIGHT_IN, height_in))
        panel.set_xlim(0, self._seconds)
        panel.set_xticks(*_ticks(self._seconds))
        panel.tick_params(labelsize=_FONT_PT, length=2)
        panel.grid(axis="x", color="#cccccc", linewidth=0.5)
        panel.set_axisbelow(True)
        return panel

    def _box(
        self, left_in: float, top_in: float, right_in: float, height_in: float
    ) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height as parts of the figure."""
        bottom = 1 - (top_in + height_in) / self.height_in
        width = (right_in - left_in) / _WIDTH_IN
        return left_in / _WIDTH_IN, bottom, width, height_in / self.height_in

    def _draw_volts(self, panel: "Axes", row: int) -> None:
        assert self._seen.lowest_v is not None and self._seen.highest_v is not None
        lowest, highest = self._seen.lowest_v[row], self._seen.highest_v[row]
        column_s = self._seconds / len(lowest)
        at_s = [(k + 0.5) * column_s for k in range(len(lowest))]
        panel.fill_between(at_s, lowest, highest, color="#0072B2", linewidth=0.8)
        panel.axhline(0, color="#000000", linewidth=0.5)
        panel.margins(y=0.08)
        panel.set_ylabel("volts", fontsize=_FONT_PT)

    def _draw_marks(self, panel: "Axes", rows: list[list[Mark]]) -> None:
        panel.set_ylim(max(1, len(rows)), 0)
        lanes = [row[0].lane for row in rows]
        first = [k for k, lane in enumerate(lanes) if lane not in lanes[:k]]
        panel.set_yticks([k + 0.5 for k in first], [lanes[k] for k in first])
        for k in first[1:]:
            panel.axhline(k, color="#cccccc", linewidth=0.5)
        for k, row in enumerate(rows):
            for mark in row:
                self._draw_mark(panel, mark, k)

    def _draw_mark(self, panel: "Axes", mark: Mark, row: int) -> None:
        width_s = max(mark.end_s - mark.start_s, _TICK_IN * self._s_per_in)
        colour = _COLOURS[mark.lane]
        panel.broken_barh([(mark.start_s, width_s)], (row + 0.1, 0.8), color=colour, linewidth=0)
        inside = fits_inside(mark, self._s_per_char)
        if mark.fits and not inside:
            return
        panel.text(
            mark.start_s + (0 if inside else width_s) + self._s_per_char / 3,
            row + 0.52,
            mark.label,
            fontsize=_FONT_PT,
            family="monospace",
            va="center",
            color="white" if inside and mark.lane in _DARK else "black",
            clip_on=False,  # the margin beside the lanes is empty
        )

    def _draw_spectrum(self, figure: "Figure", panel: "Axes", row: int, top_in: float) -> None:
        assert self._seen.level_dbm0 is not None
        image = panel.imshow(
            self._seen.level_dbm0[row],
            extent=(0, self._seconds, 0, 4),
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="cividis",
            vmin=_FLOOR_DBM0,
            vmax=_CEILING_DBM0,
        )
        panel.grid(visible=False)
        panel.set_ylabel("kHz", fontsize=_FONT_PT)
        left_in = _WIDTH_IN - _RIGHT_IN + 0.1
        scale = figure.add_axes(self._box(left_in, top_in, left_in + 0.12, _SPECTRUM_IN))
        figure.colorbar(image, cax=scale)
        scale.tick_params(labelsize=_FONT_PT, length=2)
        scale.set_ylabel("dBm0", fontsize=_FONT_PT, labelpad=7)


def _ticks(seconds: float) -> tuple[list[float], list[str]]:
    """Return some ten round times and their names."""
    step_s = next((s for s in _STEPS_S if seconds / s <= _TICKS), ceil(seconds / _TICKS))
    at_s = [k * step_s for k in range(int(seconds / step_s) + 1)]
    if seconds < _MINUTES_FROM_S:
        return at_s, [f"{at:g}" for at in at_s]
    return at_s, [f"{int(at) // 60}:{int(at) % 60:02d}" for at in at_s]
