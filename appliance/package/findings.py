"""What can be said of a package: that it is genuine, or what of it does not match.

Every sentence is here, in English; `appliance.words` has the other languages.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from appliance.words import N_, words

#: By the name that `kirok verify --json` gives.
SENTENCES: Final = {
    # the archive
    "not_a_zip": N_("It is not a ZIP archive."),
    "cut_short": N_("The archive is cut short: its end, with the list of its files, is missing."),
    "wrong_passphrase": N_("The passphrase is not the one that the package was closed with."),
    "damaged": N_("{name}: damaged; it cannot be read."),
    "twice": N_("{name}: there are two files of this name."),
    "too_large": N_("{name}: it grows beyond all measure when unpacked; it was left alone."),
    "archive": N_(
        "The archive is not as the box wrote it: something was changed around its files,"
        " or somebody packed it again."
    ),
    # the files
    "missing": N_("{name}: missing."),
    "extra": N_("{name}: does not belong in the package."),
    "no_call": N_("Nothing says which call this is of."),
    "not_in_manifest": N_("{name}: MANIFEST does not name it."),
    "sum": N_("{name}: changed; it is not the file that MANIFEST names."),
    "malformed": N_("{name}: not as the box writes it."),
    # who signed
    "signature": N_("MANIFEST was not signed with the key in box.pub, or was changed since."),
    "other_box": N_("It was signed by another box: its key is {key}, not {wanted}."),
    "head_other_box": N_("The head of the ledger was signed by another box than the package."),
    "head_signature": N_("The head of the ledger was changed: its signature does not fit."),
    # the ledger
    "two_heads": N_("{name}: its proof leads to another head than ledger/head."),
    "proof": N_("{name}: this entry is not in the ledger that the head was signed for."),
    "other_call": N_("{name}: it is of another call, {call}."),
    "entered": N_("{name}: not the file that was entered in the ledger at the taking out."),
    "fact": N_("record.json: “{field}” is {found}; the ledger says {entered}."),
    "commitment": N_("record.json: “{field}” is not what was entered when the call ended."),
    "sound": N_("{name}: not the sound that was entered when the call ended."),
    # the sound
    "opus_damaged": N_("{name}: cannot be decoded."),
    "wav_differs": N_("{name}: not what the Opus file sounds like."),
    "length": N_("{name}: {found} s long; record.json says {said} s."),
    # the times
    "future": N_("It is dated {at}: in the future, or the clock of this computer is wrong."),
    "too_early": N_("It was taken out at {at}, before the call ended at {end}."),
}  # fmt: skip


@dataclass(frozen=True)
class Mismatch:
    """Something does not match; what: a key of SENTENCES."""

    what: str
    facts: dict[str, str] = field(default_factory=dict)

    def said(self, language: str) -> str:
        sentence = words(language).gettext(SENTENCES[self.what])
        return sentence.format(**self.facts)


@dataclass
class Report:
    """What was found.

    Attributes:
        box, key: who signed it, and the key, base 64; "" while that is not known.
        call, start, end, audio_s: of the call, as in its record.
        entered: when the package was entered in the ledger; clock: how good that time is.
        size: of the ledger then.
        sound_bound: the ledger has known the sound since the call ended.
        trial: made in a trial folder.
        exact: this computer decodes the Opus to the WAV bit by bit.
        key_given: the key was compared with one from elsewhere.
    """

    mismatches: list[Mismatch] = field(default_factory=list)
    box: str = ""
    key: str = ""
    call: str = ""
    start: str = ""
    end: str = ""
    audio_s: float = 0.0
    entered: str = ""
    clock: str = ""
    person: str = ""
    purpose: str = ""
    entries: tuple[int, int] | None = None
    size: int = 0
    sound_bound: bool = False
    trial: bool = False
    exact: bool = False
    key_given: bool = False

    @property
    def genuine(self) -> bool:
        return not self.mismatches

    def find(self, what: str, /, **facts: object) -> None:
        """Note that something does not match, once."""
        mismatch = Mismatch(what, {name: shown(str(value)) for name, value in facts.items()})
        if mismatch not in self.mismatches:
            self.mismatches.append(mismatch)

    def as_json(self, language: str) -> dict[str, object]:
        found = [{"what": m.what, **m.facts, "text": m.said(language)} for m in self.mismatches]
        facts = {
            name: shown(value) if isinstance(value, str) else value
            for name, value in vars(self).items()
            if name != "mismatches"
        }
        return {"genuine": self.genuine, "mismatches": found, **facts}

    def lines(self, language: str) -> list[str]:
        """Return what is said to people."""
        say = words(language).gettext
        if not self.genuine:
            head = say(N_("NOT GENUINE. What does not match:"))
            return [head, *(f"  - {mismatch.said(language)}" for mismatch in self.mismatches)]
        return [say(N_("GENUINE.")), *(f"  {line}" for line in self._certain(say))]

    def _certain(self, say: Callable[[str], str]) -> list[str]:
        call, package = self.entries or (0, 0)
        facts = {**vars(self), "seconds": f"{self.audio_s:.1f}", "entry": call, "package": package}
        safe = {name: shown(str(value)) for name, value in facts.items()}
        return [say(sentence).format(**safe) for sentence in self._true_of_it()]

    def _true_of_it(self) -> Iterator[str]:
        yield N_("Call {call}, {start} to {end}, {seconds} s of sound.")
        yield N_("Signed by box {box}, whose key is {key}.")
        if self.key_given:
            yield N_("That key is the one you gave.")
        else:
            yield N_("Compare that key with the one on the box's label: anybody can make another.")
        yield N_("Taken out at {entered} (clock: {clock}) by {person}, for: {purpose}.")
        yield N_("Entries {entry} and {package} of the box's ledger, of {size}, say the same.")
        if self.sound_bound:
            yield N_("The sound is the one that was entered when the call ended.")
        else:
            yield N_("The box was cut off during the call; the sound was entered when taken out.")
        if not self.exact:
            yield N_("This computer decodes the Opus file a little differently; all is well.")
        if self.trial:
            yield N_("It comes from a trial folder: it is not a city's real call.")


def shown(text: str, most: int = 120) -> str:
    """Return a text from a stranger as a terminal may show it."""
    clean = "".join(letter if letter.isprintable() else "�" for letter in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
