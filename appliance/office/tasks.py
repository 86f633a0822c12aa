"""What each person is to do today: the first thing that the page shows them.

A task is a document in a state from which the person may take it on, a report that is overdue, for
whom it is accepted by, and a hold that ends or is to be reviewed, for those who may hold. What
somebody may do, but need not (to withdraw a request, to lift a restriction), is no task.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from appliance.hold import Hold
from appliance.index_row import CallRow
from appliance.office import deadlines, reviews
from appliance.office.clerk import Actor, Clerk
from appliance.office.deadlines import Deadline
from appliance.office.documents import Document, LineFile, Medium, Request, Restriction, Review
from appliance.profile import Profile

#: The act by which a document in this state is taken on, and what that is called.
_DUTIES: Final[Mapping[tuple[type, str, str], str]] = {
    (Request, "requested", "attach"): "find_calls",
    (Request, "requested", "approve"): "decide_request",
    (Request, "approved", "pledge"): "sign_pledge",
    (Request, "approved", "provide"): "provide",
    (Request, "pledged", "provide"): "provide",
    (Request, "approved", "view"): "let_view",
    (Request, "pledged", "view"): "let_view",
    (Request, "viewed", "close"): "close_view",
    (Request, "provided", "report"): "report_use",
    (Request, "extension_asked", "grant"): "decide_extension",
    (Request, "reported", "accept"): "accept_report",
    (LineFile, "applied", "approve"): "decide_line",
    (LineFile, "release_applied", "approve"): "decide_line",
    (LineFile, "approved", "enable"): "enable_line",
    (LineFile, "released", "disable"): "disable_line",
    (Medium, "written", "issue"): "issue_medium",
    (Medium, "issued", "hand_back"): "return_medium",
    (Medium, "handed_back", "take_back"): "take_back_medium",
    (Medium, "recopy_asked", "grant_recopy"): "decide_recopy",
    (Medium, "returned", "erase"): "erase_medium",
    (Medium, "erased", "destroy"): "destroy_medium",
    (Medium, "missing", "write_off"): "find_medium",
    (Restriction, "proposed", "impose"): "decide_restriction",
}


#: What can be done for as long as an approval lasts, and no longer.
_UNDER_APPROVAL: Final = ("sign_pledge", "provide", "let_view")


@dataclass(frozen=True, slots=True)
class Task:
    """Attributes: since: ISO 8601 UTC, when the document came into its state."""

    what: str
    document: Document | Review | CallRow
    since: str
    deadline: Deadline | None = None


#: Who may accept a report, and so has to ask for one that is overdue.
_CHASES: Final = "report.accept"


@dataclass(frozen=True, slots=True)
class Papers:
    """What there may be something to do with.

    Attributes:
        months: whose access log this person may review, and nobody has.
        calls_of: returns the calls that a request names, those that are known still.
        held: the calls that are held.
    """

    documents: Iterable[Document]
    months: Iterable[str] = ()
    calls_of: Callable[[Request], list[CallRow]] = lambda request: []
    held: Iterable[CallRow] = ()


def tasks(clerk: Clerk, actor: Actor, papers: Papers, today: date) -> list[Task]:
    """Return a person's tasks, the most urgent first: what is overdue, what is due, the oldest."""
    found: list[Task] = []
    for each in papers.documents:
        found += _of(clerk, actor, each, papers, today)
        found += _to_be_chased(clerk, actor, each, today)
    for month in papers.months:
        unsigned = Review(month, "", "", "")
        found.append(Task("review_log", unsigned, "", reviews.deadline(month, today)))
    if clerk.profile.may(actor.roles, "call.hold"):
        found += [task for row in papers.held for task in _hold(clerk, row, today)]
    return sorted(found, key=lambda t: (t.deadline.left if t.deadline else 10_000, t.since))


def _of(
    clerk: Clerk, actor: Actor, document: Document, papers: Papers, today: date
) -> Iterator[Task]:
    acts = clerk.acts(actor, document)
    for (kind, state, act), what in _DUTIES.items():
        if kind is type(document) and state == document.state and act in acts:
            if _is_needless(clerk.profile, document, what, today):
                continue
            since = document.history[-1].at if document.history else ""
            yield Task(what, document, since, _deadline(clerk, document, papers, today))


def _to_be_chased(clerk: Clerk, actor: Actor, document: Document, today: date) -> Iterator[Task]:
    """Yield a report of somebody else that has not come in time."""
    if not isinstance(document, Request) or document.made_by == actor.id:
        return
    due = deadlines.report(clerk.profile, document, today)
    if due and due.is_over and clerk.profile.may(actor.roles, _CHASES):
        yield Task("chase_report", document, "", due)


def _hold(clerk: Clerk, row: CallRow, today: date) -> Iterator[Task]:
    hold = Hold.from_text(row.hold or "")
    ends = deadlines.hold(clerk.profile, hold, today)
    if ends:
        yield Task("hold_ends", row, "", ends)
    elif day := hold.review_since(clerk.profile.retention.hold, today):
        zone = ZoneInfo(clerk.profile.city.timezone)
        yield Task("review_hold", row, datetime.combine(day, time(), zone).isoformat())


def _is_needless(profile: Profile, document: Document, what: str, today: date) -> bool:
    """Whether a request is of the other kind, has run out, or has what it is taken on for."""
    if not isinstance(document, Request):
        return False
    if what in _UNDER_APPROVAL and deadlines.has_run_out(profile, document, today):
        return True
    if what == "find_calls":
        return bool(document.calls)
    if what == "decide_request":
        return not document.calls
    wanted = {"provide": "provide", "let_view": "view"}.get(what)
    return wanted is not None and wanted != document.kind


def _deadline(clerk: Clerk, document: Document, papers: Papers, today: date) -> Deadline | None:
    if isinstance(document, Request):
        report = deadlines.report(clerk.profile, document, today)
        calls = [] if report else papers.calls_of(document)
        return report or deadlines.expiry(clerk.profile, document, calls, today)
    if isinstance(document, Medium):
        return deadlines.medium(clerk.profile, document, today)
    return None
