from datetime import UTC

from web_min.parts import LOOPBACK, Site, utc_now


def test_the_clock_is_aware():
    assert utc_now().tzinfo is UTC


def test_out_of_the_box_it_answers_to_this_machine_alone(rig):
    assert rig.site.hosts == LOOPBACK == {"localhost", "127.0.0.1", "[::1]"}


def test_the_cookies_prefix_needs_tls(rig):
    assert rig.site.cookie == "kirok"
    assert Site(city="", language="ko", zone=rig.site.zone, behind_tls=True).cookie == (
        "__Host-kirok"
    )


def test_a_session_that_ends_closes_what_it_had_opened(inside):
    session = inside.client.get_cookie("kirok").value
    inside.parts.opened.put(session, "call", type("A", (), {"ogg": b""})())
    inside.parts.sessions.end(session)
    assert inside.parts.opened.get(session, "call") is None
