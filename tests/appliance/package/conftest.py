"""A package, and the files in it, to be spoilt."""

import zipfile

import pytest

from appliance import box, policy, site
from appliance.box import Admin, Plan
from appliance.export import Taker, export
from appliance.replay import replay
from tests.appliance.scene import PASSPHRASE, START


@pytest.fixture(scope="session")
def exported(tmp_path_factory, capture):
    """The box, and the packages of its first and its second line."""
    folder = tmp_path_factory.mktemp("exported")
    plan = Plan(policy.profile_text("osan"), Admin("김관리", PASSPHRASE), trial=True)
    box.create(folder / "data", plan, START)
    opened = box.open_box(folder / "data")
    rows = replay(opened, site.load(opened.site_file), capture[0])
    taker = Taker("김관리", PASSPHRASE)
    packages = [
        export(opened, row.id, folder / "out", taker, START)
        for row in sorted(rows, key=lambda row: row.line)[:2]
    ]
    return opened, packages


@pytest.fixture
def files(exported):
    return files_of(exported[1][0])


@pytest.fixture
def other_files(exported):
    return files_of(exported[1][1])


def files_of(package):
    with zipfile.ZipFile(package) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}
