import pytest

from tests.web_min.rig import Rig


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
