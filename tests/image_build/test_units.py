"""The services' units: systemd takes them as they are, and they close what need not be open."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import owners
from appliance.install_check import UNITS

IMAGE = Path(__file__).parents[2] / "image_build"
FOLDER = IMAGE / "systemd"
USERS = IMAGE / "sysusers.d" / "kirok.conf"
HOME = "/var/lib/kirok"
#: systemd-analyze's exposure, of 10.0; below 2.5 it says "OK". Ours have 1 to 2.
MOST_EXPOSED = 2.5

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here"
)


def analyze(*arguments):
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(params=UNITS)
def unit(request, tmp_path):
    """Return a unit whose command is there on this machine."""
    text = (FOLDER / request.param).read_text()
    assert "/opt/kirok/bin/kirok" in text
    path = tmp_path / request.param
    path.write_text(text.replace("/opt/kirok/bin/kirok", sys.executable))
    return path


def test_there_is_a_unit_for_each_service_and_no_other():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(UNITS)


@needs_systemd
def test_systemd_takes_it_without_a_word(unit):
    done = analyze("verify", "--man=no", unit)
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


@needs_systemd
def test_a_key_that_systemd_does_not_know_would_be_found(unit):
    unit.write_text(unit.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))
    assert "NoNewPrivilege" in analyze("verify", "--man=no", unit).stderr


@needs_systemd
def test_little_is_open(unit):
    said = analyze("security", "--offline=true", "--no-pager", unit).stdout
    found = re.search(r"exposure level for .*: ([0-9.]+)", said)
    assert found, said
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("name", UNITS)
def test_a_service_that_hangs_is_started_again(name):
    text = (FOLDER / name).read_text()
    assert re.search(r"^WatchdogSec=\d+$", text, re.MULTILINE) and "Restart=always" in text


@pytest.mark.parametrize(
    "name, writes",
    [("kirok-web.service", "page"), ("kirok-watch.service", "watch")],
)
def test_who_is_on_the_net_can_write_what_is_its_own_and_read_no_key(name, writes):
    lines = (FOLDER / name).read_text().splitlines()
    assert f"ReadWritePaths={HOME}/{writes} {HOME}/run" in lines
    (closed,) = [line for line in lines if line.startswith("InaccessiblePaths=")]
    assert {f"{HOME}/secrets", f"{HOME}/keys"} <= set(closed.split("=")[1].split())
    assert "PrivateNetwork=yes" in (FOLDER / "kirok-record.service").read_text()


@pytest.mark.parametrize("name", UNITS)
def test_each_is_a_user_of_its_own_in_one_group(name):
    lines = (FOLDER / name).read_text().splitlines()
    assert f"User={name.removesuffix('.service')}" in lines
    assert f"Group={owners.GROUP}" in lines
    makers = [line for line in lines if line.startswith("SupplementaryGroups=")]
    assert [owners.RECORD in line for line in makers] == ([True] if "record" in name else [])


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers here")
def test_the_users_are_made_as_the_folder_and_the_units_want_them(tmp_path):
    (tmp_path / "etc").mkdir()
    made = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", USERS],
        capture_output=True,
        text=True,
        check=True,
    )
    people = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    groups = [line.split(":") for line in (tmp_path / "etc/group").read_text().splitlines()]
    (group,) = [gid for name, _, gid, _ in groups if name == owners.GROUP]
    assert {name: gid for name, _, _, gid, *_ in people} == dict.fromkeys(
        (owners.RECORD, owners.WEB, owners.WATCHER), group
    ), made.stderr
    assert [owners.RECORD, "x", owners.RECORD] in [[g[0], g[1], g[3]] for g in groups]
    unit = (FOLDER / "kirok-record.service").read_text()
    (wanted,) = re.findall("^SupplementaryGroups=(.*)$", unit, re.MULTILINE)
    assert set(wanted.split()) <= {name for name, *_ in groups}
