"""What templates may use: words, dates, the parts of the page that are on every page."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, request, url_for

from appliance import articles, retention
from appliance.hold import Hold
from appliance.index_row import CallRow
from appliance.office.documents import Document, LineFile, Medium, Request, Review
from web_min import dates, guard, languages, menu, office, refusals, words
from web_min.languages import gettext as _
from web_min.parts import parts


def prepare(app: Flask) -> None:
    """Give an application's templates their languages, filters and names."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install(languages.gettext, languages.ngettext, newstyle=True, pgettext=languages.pgettext)
    app.jinja_env.filters.update(
        day=day,
        clock=clock,
        moment=moment,
        last_day=last_day,
        date_of=date_of,
        length_of=dates.length,
        ago=ago,
        meter=meter,
        days_left=days_left,
        in_days=in_days,
        hold_of=Hold.from_text,
        size=size,
    )
    app.jinja_env.globals.update(word=words.word, words=words, trouble=words.trouble)
    app.jinja_env.globals.update(purpose_said=words.purpose_said, kind_name=words.kind_name)
    app.jinja_env.globals["translated"] = languages.gettext  # of a word that the code has marked
    app.context_processor(_everywhere)


def day(at: datetime) -> str:
    return dates.local_day(at, parts().site.zone, languages.language())


def date_of(at: date | str) -> str:
    """Return a day of the site, also one given in ISO 8601, as the request's language writes it."""
    return dates.day(date.fromisoformat(at) if isinstance(at, str) else at, languages.language())


def clock(at: datetime) -> str:
    return dates.clock(at, parts().site.zone)


def moment(at: datetime | str) -> str:
    """Return a moment, also one given in ISO 8601, as the request's language writes it."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return dates.moment(when, parts().site.zone, languages.language())


def last_day(until: str) -> str:
    """Return the last day of a time that ends with it, at midnight."""
    last = datetime.fromisoformat(until) - timedelta(seconds=1)
    return dates.local_day(last, parts().site.zone, languages.language())


def ago(since: str, now: datetime) -> str:
    """Return how long something has been so."""
    return dates.length((now - datetime.fromisoformat(since)).total_seconds())


def days_left(due: datetime) -> int:
    """Return in how many days of the site a call is erased."""
    return retention.days_left(due, parts().now(), parts().site.zone)


def in_days(count: int) -> str:
    """Return when something is that is so many days away."""
    if count <= 0:
        return _("today")
    if count == 1:
        return _("tomorrow")
    return _("in %(count)s days") % {"count": count}


def meter(level_dbm0: float) -> int:
    """Return a level as a percentage of the meter's width: -50 dBm0, a quiet line, to 0 dBm0."""
    return round(2 * min(50.0, max(0.0, level_dbm0 + 50)))


def size(count: int) -> str:
    """Return a number of bytes as disks are sold."""
    return f"{count / 1e9:.1f} GB" if count < 1e12 else f"{count / 1e12:.1f} TB"


def _everywhere() -> dict[str, Any]:
    return {
        "language": languages.language(),
        "languages": languages.NAMES,
        "site": parts().site,
        "session": g.get("session"),
        "token": guard.form_token,
        "here": _here(),
        "person_name": person_name,
        "profile": parts().profile,
        "clause_words": clause_words,
        "clause_name": office.clause_name,
        "refusal_text": refusals.text,
        "subject_of": subject_of,
        "may": office.may,
        "menu": menu.items,
    }


def subject_of(document: Document | Review | CallRow) -> str:
    """Return what names a document on a list: a request's number, a line's, a medium's serial."""
    if isinstance(document, CallRow):
        return f"{document.line_name or document.line} · {moment(document.start)}"
    if isinstance(document, Review):
        return document.id
    if isinstance(document, Request):
        return f"{document.id[1:]} · {document.applicant.name}"
    if isinstance(document, LineFile):
        number = int(document.id[1:])
        line = next((each for each in parts().lines if each.number == number), None)
        named = (line.name, line.phone) if line else ()
        return " · ".join(filter(None, (str(number), *named)))
    if isinstance(document, Medium):
        return document.serial
    return person_name(document.person)


def clause_words(named: str) -> list[tuple[str, str]]:
    """Return the rule's own words of each clause that is named."""
    return articles.words(parts().articles, named)


def person_name(person_id: str) -> str:
    """Return who somebody is, or was."""
    return parts().registry.name_of(person_id)


def _here() -> str:
    """Return the path to come back to after a change of language."""
    if request.method != "GET":
        return request.path if request.endpoint in guard.OPEN else url_for("board.show")
    return urlsplit(request.full_path.rstrip("?")).geturl()
