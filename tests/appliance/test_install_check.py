"""Each fault of an installation is told, with what to do; and none where there is none."""

import os
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import install_check, owners
from appliance.doctor import examine
from appliance.owners import Users
from appliance.site import Panel, Site, Web
from tests.another_user import needs_root
from tests.answering import answering

DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"


def site_of(trial, **facts):
    return Site(trial.data, "/dev/null", (), **facts)


def levels(found):
    found = list(found)
    assert all(remedy for level, _, remedy in found if level != "fine")
    return [level for level, _, _ in found]


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Web(port=server.getsockname()[1])


@pytest.fixture
def silent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return Web(port=port)


def test_a_small_machine_and_missing_fonts_are_told(tmp_path):
    assert levels(install_check.machine(tmp_path, 256_000_000)) == ["note", "wrong"]
    (tmp_path / "NotoSerifCJK-Regular.ttc").touch()
    assert levels(install_check.machine(tmp_path, 1_000_000_000)) == ["fine", "fine"]


@pytest.mark.parametrize("name", ["vault", "keys", "page/registry.json"])
def test_a_folder_that_others_can_read_is_told(trial, name):
    assert levels(install_check.folder(trial)) == ["fine"]
    path = trial.data / name
    path.chmod(path.stat().st_mode | 0o004)
    ((level, what, remedy),) = install_check.folder(trial)
    assert (level, str(path) in what, remedy) == ("wrong", True, f"chmod o-rwx {path}")


@needs_root
def test_whether_each_service_has_its_own_is_told(trial):
    known = Users(record=1, web=2, watch=3, group=10, makers=11)
    assert levels(install_check.users(trial, None)) == []
    assert levels(install_check.users(trial, known)) == []  # a trial is its maker's
    assert levels(install_check.users(replace(trial, trial=False), known)) == ["note"]
    owners.give(trial.data, known)
    assert levels(install_check.users(trial, known)) == ["fine"]
    assert levels(install_check.folder(trial)) == ["fine"]
    assert levels(install_check.users(trial, None)) == ["wrong"]
    for number in range(6):
        (trial.page / f"{number}").touch()
    ((level, what, remedy),) = install_check.users(trial, known)
    assert (level, what.count("/page/"), remedy) == ("wrong", 5, f"kirok own --data {trial.data}")
    assert what.endswith(", ...")


def test_a_role_that_nobody_has_is_told(trial):
    said = [what for _, what, _ in install_check.roles(trial)]
    assert any("녹취시스템 정책임자 (head)" in what for what in said)
    assert set(levels(install_check.roles(trial))) == {"note"}


def test_lines_that_are_not_set_up_are_told(trial):
    assert levels(install_check.lines(site_of(trial))) == ["note"]


def test_a_panel_without_pins_on_this_machine_is_told(trial, tmp_path):
    assert levels(install_check.panel(site_of(trial), tmp_path)) == ["fine"]
    wired = site_of(trial, panel=Panel(lamp_pin=17))
    assert levels(install_check.panel(wired, tmp_path)) == ["wrong"]
    (tmp_path / "gpiochip0").touch()
    assert levels(install_check.panel(wired, tmp_path)) == ["fine"]


def test_a_page_on_the_net_without_tls_is_told(trial, silent):
    web = Web(host="0.0.0.0", port=silent.port)
    assert levels(install_check.page(trial, web)) == ["wrong", "note"]
    assert levels(install_check.page(trial, Web("0.0.0.0", silent.port, tls=True))) == ["note"]


def test_a_page_that_runs_and_does_not_answer_is_told(trial, silent):
    assert levels(install_check.page(trial, silent)) == ["note"]
    trial.run.mkdir(exist_ok=True)
    (trial.run / "web.pid").write_text(f"{os.getpid()}\n")
    ((level, what, _),) = install_check.page(trial, silent)
    assert (level, "does not answer" in what) == ("wrong", True)
    with answering() as web:
        assert levels(install_check.page(trial, web)) == ["fine"]
    with answering(500) as web:
        assert levels(install_check.page(trial, web)) == ["wrong"]


def test_a_port_that_another_program_has_is_told(trial, listening):
    ((level, what, _),) = install_check.page(trial, listening)
    assert (level, what.startswith("another program")) == ("wrong", True)


def test_units_that_are_not_installed_are_told(tmp_path):
    for unit in install_check.UNITS[1:]:
        (tmp_path / unit).touch()
    ((level, what, _),) = install_check.units((tmp_path,))
    assert level == "note"
    assert "kirok-record.service" in what
    assert "kirok-web.service" not in what
    (tmp_path / install_check.UNITS[0]).touch()
    assert levels(install_check.units((tmp_path,))) == ["fine"]


def test_every_check_is_documented_and_no_other(trial, replayed):
    told = {found.check for found in examine(None, trial.data, deeper=True)}
    named = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(), re.MULTILINE))
    named -= {"check", "level", "what", "remedy"}
    assert told == named - {"witness"}  # of which nothing is said where none is set up
