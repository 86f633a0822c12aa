from datetime import time

import pytest

from appliance import box, site
from appliance.site_notices import Mail, SelfTest, read

MAIL = {"server": "mail.city.example", "from": "kirok@city.example", "to": ["a@city.example"]}


def test_nothing_said_means_tests_at_night_and_no_notices():
    notices = read({})
    assert notices.selftest == SelfTest(time(2, 10))
    assert (notices.mail, notices.syslog, notices.metrics.port) == (None, None, 0)


def test_a_site_says_where_alarms_go():
    notices = read(
        {
            "selftest": {"at": "03:30"},
            "mail": {**MAIL, "user": "kirok"},
            "syslog": {"to": "tcp://log.city.example"},
            "metrics": {"port": 9187},
        }
    )
    assert notices.selftest.at == time(3, 30)
    assert notices.mail.at_port == 587
    assert notices.mail.to == ("a@city.example",)
    assert notices.syslog.address == ("tcp", "log.city.example", 601)
    assert notices.metrics.port == 9187


@pytest.mark.parametrize(
    "to, address",
    [
        ("local", None),
        ("udp://10.0.0.5", ("udp", "10.0.0.5", 514)),
        ("udp://log:1514", ("udp", "log", 1514)),
        ("tcp://[::1]:601", ("tcp", "::1", 601)),
    ],
)
def test_a_log_host_is_an_address(to, address):
    assert read({"syslog": {"to": to}}).syslog.address == address


@pytest.mark.parametrize("tls, port", [("starttls", 587), ("tls", 465)])
def test_the_port_follows_from_how_it_is_encrypted(tls, port):
    assert Mail("mail", "a@b", ("c@d",), tls=tls).at_port == port
    assert Mail("mail", "a@b", ("c@d",), port=2525, tls=tls).at_port == 2525


@pytest.mark.parametrize(
    "raw, says",
    [
        ({"selftest": {"at": "25:00"}}, "selftest.at is '25:00'"),
        ({"selftest": {"when": "02:00"}}, "selftest.when"),
        ({"mail": {"server": "m"}}, "missing: mail."),
        ({"mail": {**MAIL, "to": []}}, "mail.to is empty"),
        ({"mail": {**MAIL, "to": ["nobody"]}}, "'nobody' is no address"),
        ({"mail": {**MAIL, "tls": "ssl"}}, "mail.tls"),
        ({"mail": {**MAIL, "tls": "none"}}, 'mail.tls is "none"'),
        ({"mail": {**MAIL, "server": "localhost", "tls": "none", "user": "k"}}, "no password"),
        ({"mail": {**MAIL, "password": "secret"}}, "mail.password"),
        ({"mail": {**MAIL, "port": 70000}}, "mail.port is 70000"),
        ({"syslog": {"to": "log.city.example"}}, "syslog.to is 'log.city.example'"),
        ({"metrics": {"port": "9187"}}, "metrics.port"),
        ({"metrics": {"port": 70000}}, "metrics.port is 70000"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_name(raw, says):
    with pytest.raises(ValueError, match=says.replace(".", r"\.")):
        read(raw)


def test_the_file_that_is_made_for_a_new_box_can_be_read(tmp_path):
    (tmp_path / "site.toml").write_text(box.default_site())
    assert site.load(tmp_path / "site.toml").notices == read({})


def test_a_wrong_section_is_an_error_of_the_site(tmp_path):
    (tmp_path / "site.toml").write_text('[selftest]\nat = "late"\n')
    with pytest.raises(site.SiteError, match=r"selftest\.at is 'late'"):
        site.load(tmp_path / "site.toml")
