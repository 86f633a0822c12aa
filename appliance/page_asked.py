"""The page, asked as a browser does: a port that is open says nothing of who hangs behind it."""

import logging
from http.client import HTTPConnection, HTTPException
from typing import Final

from appliance.site import Web

log = logging.getLogger(__name__)

#: An address to listen on that is none to be asked at.
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def answers(web: Web, timeout_s: float) -> bool:
    """Ask the page for its first form, and say whether that comes."""
    host = _EVERYWHERE.get(web.host, web.host)
    asked = HTTPConnection(host, web.port, timeout=timeout_s)
    try:
        asked.request("GET", "/sign-in", headers={"Host": "localhost"})
        return asked.getresponse().status < 500
    except (OSError, HTTPException) as error:
        log.warning("the page does not answer: %s", error or type(error).__name__)
        return False
    finally:
        asked.close()
