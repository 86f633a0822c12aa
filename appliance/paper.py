"""Papers as PDF: the recovery sheet, and every official form.

A template is `papers/NAME.typ`, in Typst's language. Values are handed to it as JSON: what somebody
typed is printed as it is and can be no markup. The result is PDF/A-2a and PDF/UA-1: its text can be
searched, copied and read aloud, and a character that no font has is an error instead of an empty
box. The same template, values, time and fonts give the same bytes, on every kind of processor.

The fonts are Debian's `fonts-noto-cjk` alone, never the machine's others: all Hangul, Hanja and
kana, and kanji beyond JIS X 0213. Nothing is fetched: templates import no packages.

Source: ISO 19005-2 (PDF/A-2), 6.2.11.8 ("no .notdef glyph"); ISO 14289-1 (PDF/UA-1).
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import typst

PAPERS: Final = Path(__file__).parent / "papers"
FONTS: Final = Path("/usr/share/fonts/opentype/noto")
#: All that `papers/paper.typ` names; a family that is not there would be replaced by another.
FAMILIES: Final = frozenset(
    f"Noto {kind} CJK {land}" for kind in ("Serif", "Sans", "Sans Mono") for land in ("KR", "JP")
)

#: Typst looks for packages there, and finds none; ours are all in `papers/`.
_NOWHERE: Final = "/nonexistent"
_NO_GLYPH: Final = re.compile(r'the text `"(.*?)"` could not be displayed')
_CODE_POINT: Final = re.compile(r"\\u\{([0-9a-f]+)\}")


class FontsMissing(FileNotFoundError):
    """The fonts that papers are printed with are not on this machine."""


class CannotPrint(ValueError):
    """A value has a character that no font has.

    Attributes:
        text: the character, with those that belong to it.
    """

    def __init__(self, text: str) -> None:
        points = " ".join(f"U+{ord(letter):04X}" for letter in text)
        super().__init__(f"no font has {text!r} ({points}): write it in another way")
        self.text = text


class TemplateWrong(RuntimeError):
    """The template is at fault, not what was typed."""


def pdf(template: str, values: Mapping[str, object], at: datetime, folder: Path = PAPERS) -> bytes:
    """Return a paper.

    Args:
        template: NAME, for `NAME.typ` in the folder.
        values: as JSON holds them; the template prints them.
        at: aware; when the paper was made, in its metadata, and what `datetime.today()` is there.

    Raises:
        CannotPrint, FontsMissing: see there.
        TemplateWrong: Typst had anything to say about the template, if only a warning.
    """
    compiler = typst.Compiler(
        str(folder / f"{template}.typ"),
        root=str(folder),
        font_paths=_fonts(),
        package_path=_NOWHERE,
        package_cache_path=_NOWHERE,
    )
    try:
        made, notices = compiler.compile_with_warnings(
            format="pdf",
            sys_inputs={"values": json.dumps(values, ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=at.replace(microsecond=0),  # a PDF counts seconds
        )
    except typst.TypstError as error:
        raise _reason(template, error) from None
    if notices:
        raise TemplateWrong(f"{template}.typ: {notices[0].message}")
    assert isinstance(made, bytes)  # a list is pages of a picture
    return made


@cache
def _fonts() -> typst.Fonts:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    missing = sorted(FAMILIES - set(fonts.families()))
    if missing:
        raise FontsMissing(f"{FONTS} has no {missing[0]}: apt install fonts-noto-cjk")
    return fonts


def _reason(template: str, error: typst.TypstError) -> Exception:
    found = _NO_GLYPH.search(error.message)
    if found:
        return CannotPrint(_CODE_POINT.sub(lambda m: chr(int(m[1], 16)), found[1]))
    return TemplateWrong(f"{template}.typ: {error.message}")
