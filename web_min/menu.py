"""The page's areas, as the bar at the top names them: each for whom it is for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import request, url_for

from appliance.words import N_
from web_min import notices, office
from web_min.languages import gettext as _
from web_min.parts import manages_people, parts


@dataclass(frozen=True, slots=True)
class Area:
    """Attributes: endpoint: where it begins; blueprint: whose pages it is; shown: to whom."""

    endpoint: str
    name: str
    blueprint: str = ""
    shown: Callable[[], bool] = lambda: True

    @property
    def is_current(self) -> bool:
        return request.endpoint == self.endpoint or request.blueprint == self.blueprint


def _keeps_the_register() -> bool:
    return office.sees_all() and parts().profile.provision is not None


def _answers_for_notice() -> bool:
    return parts().profile.notice.required and notices.answers_for_it()


def _has_media() -> bool:
    return parts().profile.media.controlled


def _decides_restrictions() -> bool:
    return parts().profile.restriction.allowed and office.sees_all()


def _reviews() -> bool:
    return office.may("log.review")


_AREAS: Final = (
    Area("board.show", N_("Today")),
    Area("calls.index", N_("Calls"), "calls"),
    Area("requests.index", N_("Requests"), "requests"),
    Area("register.show", N_("The register"), "register", _keeps_the_register),
    Area("media.index", N_("Media"), "media", _has_media),
    Area("restrictions.index", N_("Restrictions"), "restrictions", _decides_restrictions),
    Area("notices.index", N_("Notice missing"), "notices", _answers_for_notice),
    Area("lines.index", N_("Full recording"), "lines"),
    Area("health.show", N_("Health"), "health"),
    Area("rule.show", N_("The rule"), "rule"),
    Area("log.show", N_("Access log"), "log", _reviews),
    Area("people.index", N_("People"), "people", manages_people),
)


def items() -> list[tuple[str, str, bool]]:
    """Return address, name and whether one is there, of each area that this person is shown."""
    return [(url_for(a.endpoint), _(a.name), a.is_current) for a in _AREAS if a.shown()]
