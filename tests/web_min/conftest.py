import pytest

from tests.web_min.rig import Rig, call, speechlike


@pytest.fixture
def rig(tmp_path):
    """The page with its first administrator in the registry, nobody signed in."""
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def fresh(tmp_path):
    """The page of a box that nobody has set up."""
    rig = Rig(tmp_path, set_up=False)
    yield rig
    rig.close()


@pytest.fixture
def inside(rig):
    """The page with the administrator signed in."""
    rig.sign_in()
    rig.recorder.done.clear()
    return rig


@pytest.fixture
def gosho(tmp_path):
    """Goshogawara's page with a recording: the administrator signed in, and `head` beside them."""
    rig = Rig(tmp_path, policy="goshogawara")
    rig.sign_in()
    rig.row = rig.add(call(), speechlike(2.0))
    rig.head = rig.person("管理責任者", "head", "管財課")
    yield rig
    rig.close()
