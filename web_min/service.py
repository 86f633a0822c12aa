"""`kirok web`: the process that serves the page.

Waitress: threaded Python servers that speak TLS themselves stopped answering when 40 clients
connected and said nothing; waitress behind nginx did not. TLS is nginx's; without it the page
belongs on this machine's own address alone.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from waitress.server import create_server

from appliance import box, erasure_sheet, pid_file, registry_age, site
from appliance.access_log import AccessLog
from appliance.box import Box
from appliance.call_list import CallList
from appliance.control import ControlClient
from appliance.export import packed
from appliance.ledger_walk import ENTRIES
from appliance.playback import open_recording, open_what_is_left
from appliance.registry import Registry
from appliance.systemd import notify
from appliance.watch import state
from web_min import create_app, pulse
from web_min.parts import LOOPBACK, Parts, Site

log = logging.getLogger(__name__)

#: More would only wait for the recorder, or for each other's argon2id.
THREADS: Final = 8
#: A browser opens six connections; as many as a department, and no more than the memory bears.
CONNECTIONS_MAX: Final = 200


def serve(config: Path) -> int:
    """Serve the page until told to stop; return the exit code.

    Raises:
        SiteError, BoxMissing, BoxBroken, PolicyError: the data folder cannot be used.
        RegistryMissing, RegistryBroken, RegistryInUse: nor can its people.
        OSError: the address is taken, or is not this machine's.
    """
    here = site.load(config)
    opened = box.open_box(here.data)
    with ExitStack() as undo:
        registry = Registry(opened.registry)
        undo.callback(registry.close)
        access = AccessLog(opened.access, opened.ledger / ENTRIES)
        undo.callback(access.close)
        # The first time, and after months without the page, it takes seconds.
        threading.Thread(target=access.catch_up, name="access", daemon=True).start()
        page = _parts(opened, here, registry, access)
        registry_age.settle(registry, page.notebook, opened)  # before anybody is let in
        app = create_app(page)
        server = create_server(app, **_listening(here.web))
        undo.callback(server.close)
        undo.enter_context(pid_file.shown_in(opened.run / "web.pid"))
        undo.enter_context(page.rounds.going_on())
        undo.enter_context(_ended_by(signal.SIGTERM))
        if here.web.in_clear:
            log.warning("%s without TLS: passphrases cross the network in clear", here.web.host)
        notify("READY=1")
        undo.enter_context(pulse.felt(here.web))
        server.run()
        notify("STOPPING=1")
    return 0


def _parts(opened: Box, here: site.Site, registry: Registry, access: AccessLog) -> Parts:
    web = here.web
    return Parts(
        profile=opened.policy.profile,
        lines=here.lines,
        site=Site(
            city=opened.policy.city,
            language=opened.policy.language,
            zone=opened.policy.zone,
            trial=opened.trial,
            second_factor=not opened.trial,
            hosts=LOOPBACK | {web.host.lower(), *(name.lower() for name in web.names)},
            behind_tls=web.tls,
            first_role=box.FIRST_ROLE,
        ),
        recorder=ControlClient(opened.socket),
        calls=CallList(opened.index),
        access=access,
        registry=registry,
        open_audio=partial(open_recording, opened.vault),
        open_what_is_left=partial(open_what_is_left, opened.vault),
        make_package=_packer(opened),
        certify_erasure=partial(erasure_sheet.printed, opened),
        watch=lambda: state.shown(opened.data),
        notices=here.notices,
    )


def _packer(opened: Box) -> Callable[..., bytes]:
    recorder = ControlClient(opened.socket)
    return lambda call, holder: packed(opened, call, holder, recorder, datetime.now(UTC))


def _listening(web: site.Web) -> dict[str, Any]:
    proxy = {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
    return {
        "host": web.host,
        "port": web.port,
        "threads": THREADS,
        "connection_limit": CONNECTIONS_MAX,
        "ident": None,  # nobody need know what serves it
        "clear_untrusted_proxy_headers": True,
        **(proxy if web.tls else {}),
    }


@contextmanager
def _ended_by(number: signal.Signals) -> Iterator[None]:
    """Make a signal end the server as Ctrl-C does: what is being answered is answered."""
    before = signal.signal(number, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(number, before)
