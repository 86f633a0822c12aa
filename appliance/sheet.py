"""The recovery sheet: what is printed once, for the safe, and kept nowhere else.

On a terminal as text, or as a PDF in the city's language: the key as 24 words, as a QR code and
in letters (see `recovery_key`), what it is for, and room to sign.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from appliance import durable, recovery_key
from appliance.box import Box
from appliance.words import N_, words

#: A quarter of the code may be torn, stained or folded away.
_QR_ERROR: Final = "q"

_TITLE: Final = N_("Recovery sheet of a call recorder")
#: What stands on the sheet, by the name that the template gives it.
_TEXTS: Final = {
    "what": N_(
        "If every passphrase is lost, the recordings open with this sheet alone. Whoever has it can"
        " open every recording: keep it sealed in the safe, and keep no copy on a computer."
    ),
    "how": N_("To come back in, at the recorder's own terminal, with the words below:"),
    "words": N_("The recovery key in 24 words, in this order"),
    "letters": N_("The same key in letters"),
    "qr": N_("The same key as a QR code"),
    "box": N_("Recorder"),
    "city": N_("City"),
    "made": N_("Made"),
    "mark": N_("Public mark of the key"),
    "kept": N_("Kept at"),
    "sealed": N_("Sealed on"),
    "by": N_("Sealed by (two people)"),
    "trial": N_("FOR TRIALS ONLY: this recorder keeps no real calls."),
}


class SheetRefused(ValueError):
    """The sheet cannot be written there."""


@dataclass(frozen=True)
class Sheet:
    """Attributes: identity: the recovery identity; made: when the box was, aware."""

    box: Box
    identity: str = field(repr=False)
    made: datetime


def check_target(path: Path, data: Path) -> None:
    """See that a sheet may be written to a path, before there is anything to write.

    Raises:
        SheetRefused: it lies in the data folder, there is a file, or no folder for it.
    """
    target = path.resolve()
    if target.is_relative_to(data.resolve()):
        raise SheetRefused(f"{path} is in the data folder: the sheet must not be kept on the box")
    if target.exists():
        raise SheetRefused(f"{path} is there already: give a new name")
    if not target.parent.is_dir():
        raise SheetRefused(f"{path.parent} is no folder")


def write_pdf(sheet: Sheet, path: Path) -> None:
    """Write the sheet as a PDF that its owner alone can read.

    Raises:
        SheetRefused, FontsMissing, OSError: nothing is written.
    """
    check_target(path, sheet.box.data)
    durable.publish(path, as_pdf(sheet), mode=0o600)


def as_pdf(sheet: Sheet) -> bytes:
    """Return the sheet as a PDF in the language of the box's policy."""
    import segno  # noqa: PLC0415 (other commands print no sheet)

    from appliance import paper  # noqa: PLC0415 (nor load Typst)

    language = sheet.box.policy.language
    say = words(language).gettext
    qr = io.BytesIO()
    code = segno.make(sheet.identity, error=_QR_ERROR, micro=False)
    code.save(qr, kind="svg", xmldecl=False, svgns=True, border=4)
    values = {
        "language": language,
        "title": say(_TITLE),
        "say": {name: say(text) for name, text in _TEXTS.items()},
        "trial": sheet.box.trial,
        "city": sheet.box.policy.city,
        "box": sheet.box.id,
        "made": f"{sheet.made.astimezone(sheet.box.policy.zone):%Y-%m-%d}",
        "command": f"kirok recover --data {sheet.box.data.resolve()} --admin NAME",
        "mark": sheet.box.recipients[1],
        "words": recovery_key.in_words(sheet.identity, language),
        "letters": recovery_key.in_letters(sheet.identity),
        "qr": qr.getvalue().decode(),
    }
    return paper.pdf("recovery_sheet", values, sheet.made)


def as_text(sheet: Sheet) -> str:
    """Return the sheet for a terminal."""
    listed = [
        f"{number:2d} {word}"
        for number, word in enumerate(
            recovery_key.in_words(sheet.identity, sheet.box.policy.language), 1
        )
    ]
    rows = ["   ".join(listed[at : at + 6]) for at in range(0, len(listed), 6)]
    return "\n".join(
        [
            "┌─ RECOVERY SHEET: print it, put it in the safe, keep no copy on a computer ─────",
            "│",
            *(f"│  {row}" for row in recovery_key.in_letters(sheet.identity)),
            "│",
            "│  or, in words:",
            *(f"│  {row}" for row in rows),
            "│",
            "│  With it the recordings open when every passphrase is lost: `kirok recover`.",
            "└────────────────────────────────────────────────────────────────────────────────",
        ]
    )
