"""What may follow what, and by whose hand: the life cycles of the office's documents, as tables.

    LINE         off ─ applied ─ approved ─ on ─ release_applied ─ off
    REQUEST      requested ─ approved ─ [pledged] ─ viewed ─────────────────────── closed
                                             └───── provided ─ [reported | returned] ─ closed
    MEDIUM       in_stock ─ written ─ issued ─ returned ─ erased ─ destroyed
    RESTRICTION  proposed ─ active ─ lifted

A row is on where the profile switches it on (`only`); the same table serves every city. An act
that is in no row of its state is refused and changes nothing. Nothing here knows a clock, a file
or a name.

Source: Osan Directive 306, articles 6, 9 and 11; Goshogawara's guideline, articles 8 and 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from appliance.profile import Profile

#: A document that is not there yet.
NEW: Final = ""
#: Who may act, beside having the right: anybody who has it, who filed the document (or somebody
#: else of their department), or anybody but them.
Who = Literal["any", "own", "other"]
#: Facts that an act cannot do without.
Fact = Literal[
    "notice", "signed", "reason", "planned_day", "outcome", "file", "medium", "two_names", "method"
]


@dataclass(frozen=True, slots=True)
class Step:
    """One row.

    Attributes:
        right: that the person needs; "" is the box itself.
        section: of the profile, whose clause is the ground of the act.
        asks: facts that must be given.
    """

    next: str
    right: str
    who: Who
    section: str
    asks: tuple[Fact, ...] = ()


Cycle = Mapping[tuple[str, str], Step]

# A state of "*" is a document that is not there yet; "-" is nothing.
_LINE: Final = """
    state            act            next             right         who    section           asks    only
    off              apply          applied          line.apply    any    line_application  reason  application
    applied          approve        approved         line.approve  other  line_application  -       application
    applied          refuse         off              line.approve  other  line_application  reason  application
    applied          withdraw       off              line.apply    own    line_application  -       application
    approved         enable         on               line.set      any    notice            notice       application
    on               apply_release  release_applied  line.apply    any    line_application  reason  application
    release_applied  refuse         on               line.approve  other  line_application  reason  application
    release_applied  withdraw       on               line.apply    own    line_application  -       application
    release_applied  approve        released         line.approve  other  line_application  -       application
    released         disable        off              line.set      any    line_application  -       application
    off              enable         on               line.set      any    line_application  reason  decision
    on               disable        off              line.set      any    line_application  reason  decision
"""  # noqa: E501  a table is read across

_REQUEST: Final = """
    state            act            next             right              who    section    asks         only
    *                file           requested        request.make       any    provision  reason       -
    requested        withdraw       withdrawn        request.make       own    provision  -            -
    requested        attach         requested        call.search        any    provision  -            -
    requested        refuse         refused          request.refuse     other  provision  reason       -
    requested        approve        approved         request.approve    other  provision  -            -
    requested        lapse          lapsed           -                  any    retention  -            -
    approved         withdraw       withdrawn        request.make       own    provision  -            -
    approved         lapse          lapsed           -                  any    retention  -            -
    approved         pledge         pledged          pledge.sign        own    pledge     signed       pledge
    pledged          withdraw       withdrawn        request.make       own    provision  -            pledge
    pledged          lapse          lapsed           -                  any    retention  -            pledge
    pledged          view           viewed           call.listen        any    provision  -            pledge
    approved         view           viewed           call.listen        any    provision  -            no_pledge
    viewed           close          closed           register.write     any    provision  -            -
    viewed           lapse          closed           -                  any    retention  -            -
    pledged          provide        provided         copy.make          any    provision  file         pledge
    approved         provide        provided         copy.make          any    provision  file         no_pledge
    provided         provide_again  provided         copy.make          any    provision  file,reason  -
    provided         report         reported         report.file        own    report     outcome      report
    provided         ask_extension  extension_asked  report.file        own    report     planned_day  extension
    extension_asked  grant          provided         extension.approve  other  report     -            extension
    extension_asked  deny           provided         extension.approve  other  report     reason       extension
    reported         report         reported         report.file        own    report     outcome      report
    reported         accept         closed           report.accept      other  report     -            report
    provided         all_back       returned         -                  any    media      -            media
    returned         all_destroyed  closed           -                  any    media      -            media
    provided         close          closed           register.write     any    provision  reason       nothing_due
"""  # noqa: E501  a table is read across

_MEDIUM: Final = """
    state         act           next          right             who    section  asks              only
    *             register      in_stock      medium.issue      any    media    -                 media
    in_stock      write         written       copy.make         any    media    file              media
    in_stock      write_off     destroyed     medium.destroy    any    media    reason            media
    written       issue         issued        medium.issue      any    media    -                 media
    written       erase         erased        medium.destroy    any    media    -                 media
    issued        ask_recopy    recopy_asked  recopy.ask        own    copy     reason            recopy
    recopy_asked  grant_recopy  issued        recopy.approve    other  copy     medium            recopy
    recopy_asked  deny_recopy   issued        recopy.approve    other  copy     reason            recopy
    issued        hand_back     handed_back   medium.return     own    media    -                 media
    handed_back   take_back     returned      medium.take_back  any    media    -                 media
    issued        take_back     returned      medium.take_back  any    media    -                 media
    issued        lose          missing       medium.take_back  any    media    reason            media
    missing       take_back     returned      medium.take_back  any    media    -                 media
    missing       write_off     destroyed     medium.destroy    any    media    reason            media
    returned      erase         erased        medium.destroy    any    media    -                 media
    erased        destroy       destroyed     medium.destroy    any    media    method,two_names  media
"""  # noqa: E501  a table is read across

_RESTRICTION: Final = """
    state     act      next      right             who  section      asks    only
    *         propose  proposed  -                 any  restriction  -       restriction
    *         impose   active    restriction.set   any  restriction  reason  restriction
    proposed  impose   active    restriction.set   any  restriction  reason  restriction
    proposed  drop     dropped   restriction.set   any  restriction  reason  restriction
    active    lift     lifted    restriction.lift  any  restriction  reason  restriction
"""

#: States in which a document's story is over.
ENDED: Final = frozenset(
    {"off", "withdrawn", "refused", "lapsed", "closed", "destroyed", "dropped", "lifted"}
)


def line_cycle(profile: Profile) -> Cycle:
    return _cycle(_LINE, profile)


def request_cycle(profile: Profile) -> Cycle:
    return _cycle(_REQUEST, profile)


def medium_cycle(profile: Profile) -> Cycle:
    return _cycle(_MEDIUM, profile)


def restriction_cycle(profile: Profile) -> Cycle:
    return _cycle(_RESTRICTION, profile)


def _cycle(table: str, profile: Profile) -> Cycle:
    on = _switches(profile)
    cycle: dict[tuple[str, str], Step] = {}
    for row in table.strip().splitlines()[1:]:
        state, act, after, right, who, section, asks, only = row.split()
        if on[only]:
            step = Step(after, _word(right), cast(Who, who), section, _facts(asks))
            cycle[NEW if state == "*" else state, act] = step
    return cycle


def _word(cell: str) -> str:
    return "" if cell == "-" else cell


def _facts(cell: str) -> tuple[Fact, ...]:
    return tuple(cast(Fact, fact) for fact in _word(cell).split(",") if fact)


def _switches(profile: Profile) -> Mapping[str, bool]:
    report, media = profile.report.required, profile.media.controlled
    return {
        "-": True,
        "application": profile.line_application.required,
        "decision": not profile.line_application.required,
        "pledge": profile.pledge.required,
        "no_pledge": not profile.pledge.required,
        "report": report,
        "extension": report and profile.report.extension.allowed,
        "media": media,
        "recopy": media and profile.copy.recopy.startswith("approval_of:"),
        "nothing_due": not report and not media,
        "restriction": profile.restriction.allowed,
    }
