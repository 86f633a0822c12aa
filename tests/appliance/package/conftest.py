"""A package, and the files in it, to be spoilt."""

import zipfile

import pytest

from appliance import box, site
from appliance.export import Taker, export
from tests import fax
from tests.appliance.scene import PASSPHRASE, START
from tests.damage import copied


@pytest.fixture(scope="session")
def exported(tmp_path_factory, full_folder):
    """The box, and the packages of its first and its second line."""
    folder = tmp_path_factory.mktemp("exported")
    data, rows = full_folder
    opened = box.open_box(copied(data, folder / "data"))
    taker = Taker("김관리", PASSPHRASE)
    packages = [
        export(opened, row.id, folder / "out", taker, START)
        for row in sorted(rows, key=lambda row: row.line)[:2]
    ]
    return opened, packages


@pytest.fixture(scope="session")
def fax_package(tmp_path_factory, new_folder):
    """The package of a call in which a machine answered."""
    folder = tmp_path_factory.mktemp("fax")
    opened = box.open_box(copied(new_folder, folder / "data"))
    row = fax.recorded(opened, site.load(opened.site_file))
    return export(opened, row.id, folder / "out", Taker("김관리", PASSPHRASE), START)


@pytest.fixture
def files(exported):
    return files_of(exported[1][0])


@pytest.fixture
def other_files(exported):
    return files_of(exported[1][1])


def files_of(package):
    with zipfile.ZipFile(package) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}
