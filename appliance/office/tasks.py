"""What each person is to do today: the first thing that the page shows them.

A task is a document in a state from which the person may take it on. What somebody may do, but
need not (to withdraw a request, to lift a restriction), is no task.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from appliance.office import deadlines, reviews
from appliance.office.clerk import Actor, Clerk
from appliance.office.deadlines import Deadline
from appliance.office.documents import Document, LineFile, Medium, Request, Restriction, Review

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


@dataclass(frozen=True, slots=True)
class Task:
    """Attributes: since: ISO 8601 UTC, when the document came into its state."""

    what: str
    document: Document | Review
    since: str
    deadline: Deadline | None = None


def tasks(
    clerk: Clerk,
    actor: Actor,
    documents: Iterable[Document],
    today: date,
    months: Iterable[str] = (),
) -> list[Task]:
    """Return a person's tasks, the most urgent first: what is overdue, what is due, the oldest.

    Args:
        months: whose access log this person may review, and nobody has.
    """
    found = [task for each in documents for task in _of(clerk, actor, each, today)]
    for month in months:
        unsigned = Review(month, "", "", "")
        found.append(Task("review_log", unsigned, "", reviews.deadline(month, today)))
    return sorted(found, key=lambda t: (t.deadline.left if t.deadline else 10_000, t.since))


def _of(clerk: Clerk, actor: Actor, document: Document, today: date) -> Iterator[Task]:
    acts = clerk.acts(actor, document)
    for (kind, state, act), what in _DUTIES.items():
        if kind is type(document) and state == document.state and act in acts:
            if _is_needless(document, what):
                continue
            since = document.history[-1].at if document.history else ""
            yield Task(what, document, since, _deadline(clerk, document, today))


def _is_needless(document: Document, what: str) -> bool:
    """Whether a request is of the other kind, or has what it would be taken on for."""
    if not isinstance(document, Request):
        return False
    if what == "find_calls":
        return bool(document.calls)
    if what == "decide_request":
        return not document.calls
    wanted = {"provide": "provide", "let_view": "view"}.get(what)
    return wanted is not None and wanted != document.kind


def _deadline(clerk: Clerk, document: Document, today: date) -> Deadline | None:
    if isinstance(document, Request):
        return deadlines.report(clerk.profile, document, today)
    if isinstance(document, Medium):
        return deadlines.medium(clerk.profile, document, today)
    return None
