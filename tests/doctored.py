"""What the doctor finds wrong with a data folder, whatever else goes on on this machine."""

from appliance.doctor import examine

#: Of the machine that the tests run on: how full its disk is, that it has no board, and who listens
#: on the page's port.
_MACHINE = ("GB free", "the disk holds", "tap board", "another program answers")


def wrong(data, *but, deep=True):
    """Return what `doctor --data DATA` finds wrong, without what says one of `but`."""
    found = (f for f in examine(None, data, deeper=deep) if f.level == "wrong")
    return [f for f in found if not any(said in f.what for said in (*_MACHINE, *but))]
