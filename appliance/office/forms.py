"""What stands on the cities' official forms: from the office's documents, or blank.

A form's template prints what it has a place for. The two cities whose originals we have have a
template for each form, `papers/ID.typ`; any other city's forms are `papers/any.typ`, which prints
the fields that the profile names. Days are written as the city writes them.

Source: Osan Directive 306, forms 1 to 5; Goshogawara's guideline, 別記様式.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from appliance import paper
from appliance.index_row import CallRow
from appliance.office import questions
from appliance.office.conditions import ground_of, grounds
from appliance.office.documents import Applicant, Entry, LineFile, Request
from appliance.profile import Profile

#: On a register's row: what the columns of form 5 hold, in their order.
REGISTER: Final = (
    "serial",
    "asked",
    "name",
    "born",
    "unit",
    "call_time",
    "line",
    "purpose",
    "planned",
    "destroyed",
    "officer",
    "confirmer",
)
#: On the page and in a spreadsheet it also tells how often a copy was made.
LISTED: Final = (*REGISTER, "copies")
#: The act by which a copy, or a viewing, was approved, and that by which it was carried out.
_CONFIRMED: Final = "approve"
_CARRIED_OUT: Final = ("provide", "view")
#: Cities whose forms have templates of their own, copied from the originals.
_DRAWN: Final = ("kr-osan", "jp-goshogawara")

Values = Mapping[str, object]


@dataclass(frozen=True)
class Phone:
    """A recorded line as forms name it. Attributes: staff: who answers it, department and name."""

    number: str
    staff: str = ""


class Forms:
    """Fills in one city's forms."""

    def __init__(
        self, profile: Profile, phones: Mapping[int, Phone], names: Mapping[str, str]
    ) -> None:
        """Fill in for one city.

        Args:
            phones: by line.
            names: people's, by their ids.
        """
        self._profile = profile
        self._phones = phones
        self._names = names
        self._zone = ZoneInfo(profile.city.timezone)

    def printed(self, form_id: str, values: Values, at: datetime) -> bytes:
        """Return a form as PDF.

        Args:
            values: from one of the methods below.
            at: aware; when it is printed.

        Raises:
            KeyError: the profile has no such form.
            appliance.paper.CannotPrint: see there.
        """
        form, city = self._profile.forms[form_id], self._profile.city
        if city.id in _DRAWN:
            return paper.pdf(form_id, values, at)
        about = {
            "title": form.title,
            "label": form.label,
            "orientation": form.orientation,
            "seals": form.seals,
            "fields": form.fields,
            "language": city.language,
            "addressee": city.addressee,
            "grounds": {each.id: each.text for each in grounds(self._profile)},
            "names": form.names,
        }
        return paper.pdf("any", {**values, **about}, at)

    # ------------------------------------------------------------ one form

    def line(self, line: int, file: LineFile) -> Values:
        """Return form 1 of a line: an application, or one to end it."""
        kind = "release" if file.state in ("release_applied", "released") else "apply"
        applied = _last(file.history, "apply_release" if kind == "release" else "apply")
        return {
            **self._applicant(file.applicant),
            "line": self._phone(line).number,
            "kind": kind,
            "reason": applied.facts.get("reason", "") if applied else file.reason,
            "date": self.day_of(applied.at) if applied else "",
        }

    def request(self, request: Request, calls: Sequence[CallRow]) -> Values:
        """Return the form by which recordings are asked for."""
        asked = _last(request.history, "file")
        times, (ground, other) = self._times(calls) or request.wanted, self._ground(request)
        return {
            **self._applicant(request.applicant),
            "call_time": times,
            "line": self._numbers(calls),
            "purpose": self._purpose(request),
            "relation": request.relation,
            "reason": request.reason,
            "date": self.day_of(asked.at) if asked else "",
            "proof": self.proof(request),
            "ground": ground,
            "call.content": questions.content_of(request),
            "from": times,
            "to": "\n".join(self.moment(call.end) for call in calls if call.end),
            "periods": [self._period(call) for call in calls],
            "other_party.number": _lines(call.number or "" for call in calls),
            "staff.unit_and_name": _lines(self._phone(call.line).staff for call in calls),
            **request.filled,
            "reason.other": other,
            "remarks": _lines((request.filled.get("remarks", ""), *self._without_a_place(request))),
        }

    def pledge(self, request: Request, calls: Sequence[CallRow]) -> Values:
        """Return the pledge that is signed before anything is provided."""
        signed = _last(request.history, "pledge")
        return {
            **self._applicant(request.applicant),
            "rows": self._rows(request, calls),
            "date": self.day_of(signed.at) if signed else "",
        }

    def report(self, request: Request, calls: Sequence[CallRow]) -> Values:
        """Return the report of use and destruction, or the asking for more time."""
        reported = _last(request.history, "report")
        asked = _last(request.history, "ask_extension")
        last = max((e for e in (reported, asked) if e), key=lambda e: e.at, default=None)
        facts = last.facts if last else {}
        return {
            **self._applicant(request.applicant),
            "rows": self._rows(request, calls),
            "outcome": facts.get("outcome", ""),
            "outcome_other": facts.get("outcome_other", ""),
            "destroyer_unit": facts.get("destroyer_unit", ""),
            "destroyer_name": facts.get("destroyer", ""),
            "not_destroyed": facts.get("not_destroyed", ""),
            "extension": self._day_text(facts.get("planned_day", "")),
            "note": facts.get("note", ""),
            "date": self.day_of(last.at) if last else "",
        }

    # ------------------------------------------------------------ the register

    def register(self, requests: Iterable[tuple[Request, Sequence[CallRow]]]) -> Values:
        """Return the register, a row for each request that was approved."""
        approved = [(r, calls) for r, calls in requests if _last(r.history, _CONFIRMED)]
        return {"rows": [self._entry(n, *each) for n, each in enumerate(approved, 1)]}

    def _entry(self, serial: int, request: Request, calls: Sequence[CallRow]) -> dict[str, str]:
        confirmed = _last(request.history, _CONFIRMED)
        carried = next((e for e in request.history if e.act in _CARRIED_OUT), None)
        asked = _last(request.history, "file")
        return {
            "serial": str(serial),
            "asked": self.day_of(asked.at) if asked else "",
            "name": request.applicant.name,
            "born": request.applicant.born,
            "unit": request.applicant.unit,
            "call_time": self._times(calls) or request.wanted,
            "line": self._numbers(calls),
            "purpose": self._purpose(request),
            "planned": self._day_text(request.planned or ""),
            "destroyed": self._day_text(request.destroyed or ""),
            "copies": str(len(request.copies) or ""),
            "officer": self._name(carried),
            "confirmer": self._name(confirmed),
        }

    # ------------------------------------------------------------ words

    def day_of(self, at: str) -> str:
        """Return the site's day of a moment, as the city writes it."""
        return self.day(datetime.fromisoformat(at).astimezone(self._zone).date())

    def day(self, at: date) -> str:
        """Return a day as the city writes it on a form: 2026년 3월 4일, 令和8年6月10日."""
        style = self._profile.city.date_style
        if style == "ko":
            return f"{at.year}년 {at.month}월 {at.day}일"
        if style == "ja-era" and at >= date(2019, 5, 1):
            year = at.year - 2018
            return f"令和{'元' if year == 1 else year}年{at.month}月{at.day}日"
        if style == "ja-era":
            return f"{at.year}年{at.month}月{at.day}日"
        return at.isoformat()

    def proof(self, request: Request) -> str:
        """Return the paper by which a body asks, as it is told on a form; "" for none."""
        proof = request.proof
        if proof is None:
            return ""
        day = f"({self._day_text(proof.day)})" if proof.day else ""
        return " ".join(part for part in (proof.issuer, proof.number, day) if part)

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        if self._profile.city.date_style == "ja-era":
            return f"{self.day(local.date())} {local.hour}時{local.minute}分"
        return f"{self.day(local.date())} {local:%H:%M}"

    def _day_text(self, typed: str) -> str:
        """Return a day as the city writes it; what is none stays as it was typed."""
        try:
            return self.day(date.fromisoformat(typed))
        except ValueError:
            return typed

    def _applicant(self, applicant: Applicant | None) -> dict[str, object]:
        who = applicant or Applicant("", "")
        return {
            "name": who.name,
            "unit": who.unit,
            "rank": who.rank,
            "duty": who.duty,
            "born": who.born,
        }

    def _rows(self, request: Request, calls: Sequence[CallRow]) -> list[dict[str, str]]:
        purpose = self._purpose(request)
        return [
            {
                "call_time": self.moment(call.start),
                "line": self._phone(call.line).number,
                "purpose": purpose,
                "files": "1",
                "note": "",
            }
            for call in calls
        ]

    def _purpose(self, request: Request) -> str:
        known = {each.id: each.text for each in self._profile.purpose}
        ground = {each.id: each.text for each in grounds(self._profile)}
        return known.get(request.purpose) or ground.get(request.ground, request.purpose)

    def _ground(self, request: Request) -> tuple[str, str]:
        """Return which ground of the form is ticked, and what is written beside "other".

        A use beyond the rule's purpose is ticked as other where the form has no place for it; what
        another ground serves is one of the rule's purposes all the same.
        """
        listed, other = questions.grounds_listed(self._profile), request.filled.get("reason.other")
        ground = ground_of(self._profile, request.ground)
        known = {each.id: each.text for each in self._profile.purpose}
        serves = known.get(request.purpose, "")
        if "other" not in listed or ground is None:
            return request.ground, other or ""
        if ground.id not in listed:
            return "other", ground.text + (f"（{other}）" if other else "")
        if ground.id != "other":
            return ground.id, ""
        return "other", f"{other}（{serves}）" if other and serves else other or serves

    def _without_a_place(self, request: Request) -> Iterable[str]:
        """Yield what the form has no field for: its remarks tell it."""
        fields = questions.fields_of(self._profile)
        who = request.applicant
        if request.on_paper and "applicant.name" not in fields:
            yield f"{who.name} {who.unit}".strip()
        if "attachment" not in fields:
            yield self.proof(request)

    def _times(self, calls: Sequence[CallRow]) -> str:
        return "\n".join(self.moment(call.start) for call in calls)

    def _period(self, call: CallRow) -> dict[str, str]:
        return {
            "from": self.moment(call.start),
            "to": self.moment(call.end) if call.end else "",
        }

    def _numbers(self, calls: Sequence[CallRow]) -> str:
        """Return the line of each call, in the order of their times; once if it is the same."""
        numbers = [self._phone(call.line).number for call in calls]
        return "\n".join(numbers if len(set(numbers)) > 1 else numbers[:1])

    def _phone(self, line: int) -> Phone:
        return self._phones.get(line, Phone(str(line)))

    def _name(self, entry: Entry | None) -> str:
        return self._names.get(entry.by, entry.by) if entry else ""


def as_csv(values: Values, titles: Sequence[str]) -> bytes:
    """Return a register for a spreadsheet: UTF-8 with the mark by which Excel knows it.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.

    Args:
        values: of `Forms.register`.
        titles: of the columns, in the order of LISTED.

    Source: RFC 4180; OWASP, CSV injection.
    """
    rows = values["rows"]
    assert isinstance(rows, list)
    return csv_bytes(titles, ([row[column] for column in LISTED] for row in rows))


def csv_bytes(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as `as_csv` does."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _lines(values: Iterable[str]) -> str:
    return "\n".join(each for each in dict.fromkeys(values) if each)


def _last(history: Sequence[Entry], act: str) -> Entry | None:
    return next((entry for entry in reversed(history) if entry.act == act), None)
