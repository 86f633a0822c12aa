"""The package's README: what is in it, and how to check it with programs that every Linux has.

In the policy's language and in English, line by line. Every command stands on a line of its own
after four spaces; run one after the other where the package was unpacked, each ends with 0.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

from appliance.package import contents
from appliance.words import N_, words

_WIDTH: Final = 32


@dataclass(frozen=True)
class Facts:
    """What is particular to a package.

    Attributes:
        taken_out: ISO 8601 UTC.
        public_key: the box's, base 64.
        number: of the other party; None: nothing in the ledger to compare it with.
        alaw: a part of the recording is G.711.
    """

    call_id: str
    box_id: str
    taken_out: str
    public_key: str
    number: str | None
    alaw: bool = False


def check_program() -> bytes:
    """Return ledger/check.txt."""
    return (resources.files("appliance.package") / "check.txt").read_bytes()


def text(facts: Facts, language: str) -> str:
    """Return the README."""
    title = N_("Recording of call {call}, taken out of Kirok box {box} at {at}")
    where = {"call": facts.call_id, "box": facts.box_id, "at": facts.taken_out}
    paragraphs = [
        *(line.format(**where) for line in _said(title, language)),
        "",
        *_files(facts, language),
        "",
        *_said(
            N_("How to check it, with programs that every Linux has, in the unpacked folder:"),
            language,
        ),
        "",
        *_steps(facts, language),
        *_said(N_("With Kirok, all of it at once:"), language),
        "",
        f"    kirok verify {facts.call_id}.zip",
        "",
    ]
    return "\n".join(paragraphs)


def _files(facts: Facts, language: str) -> Iterator[str]:
    alaw = N_(
        "the end of it as it was made, from where a fax machine or a modem was heard:"
        " G.711 A-law, 8000 Hz"
    )
    for name, does in (
        (contents.COVER, N_("the cover sheet")),
        (contents.wav_name(facts.call_id), N_("the recording, for any player")),
        (
            contents.opus_name(facts.call_id),
            N_("the recording as it was made; decoded, it is the WAV"),
        ),
        *([(contents.alaw_name(facts.call_id), alaw)] if facts.alaw else []),
        (contents.RECORD, N_("the facts of the call")),
        ("ledger/", N_("what the box's ledger says of it, with the proof that it does")),
        ("MANIFEST, MANIFEST.sig", N_("the sums of all files, signed by the box")),
    ):
        yield f"{name:{_WIDTH}}  {' / '.join(_said(does, language))}"


def _steps(facts: Facts, language: str) -> Iterator[str]:
    for number, (does, commands) in enumerate(_checks(facts), 1):
        for line, mark in zip(_said(does, language), (f"{number}.", "  "), strict=False):
            yield f"{mark} {line}"
        yield ""
        yield from (f"    {command}" for command in commands)
        yield ""


def _checks(facts: Facts) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield N_("The files are those of MANIFEST:"), ("sha256sum --check MANIFEST",)
    yield (
        N_("The box signed MANIFEST:"),
        (
            "openssl pkeyutl -verify -pubin -inkey box.pub -rawin"
            " -in MANIFEST -sigfile MANIFEST.sig",
        ),
    )
    yield (
        N_("box.pub is the box's own: compare this with the label on the box and the cover sheet:"),
        (f"grep -F {facts.public_key} box.pub",),
    )
    yield (
        N_("The box signed the head of its ledger:"),
        (
            "head -n 3 ledger/head > head.txt",
            "tail -n 1 ledger/head | cut -d ' ' -f 3 | base64 -d | tail -c 64 > head.sig",
            "openssl pkeyutl -verify -pubin -inkey box.pub -rawin -in head.txt -sigfile head.sig",
        ),
    )
    yield (
        N_("The call and this package are in that ledger, with these files (a short program):"),
        ("python3 ledger/check.txt",),
    )
    if facts.number is not None:
        yield (
            N_("The number is the one that was entered when the call ended:"),
            (
                f"grep -F $(printf %s {shlex.quote(facts.number)} | openssl dgst -sha256 -mac HMAC"
                " -macopt hexkey:$(cat ledger/salt) -binary | base64) ledger/call.json",
            ),
        )


def _said(message: str, language: str) -> list[str]:
    """Return a sentence in the language, then in English."""
    return list(dict.fromkeys([words(language).gettext(message), message]))
