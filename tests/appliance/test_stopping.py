import signal

import pytest

from appliance.stopping import told_to_stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_sets_the_event_and_the_old_handler_comes_back(number):
    before = signal.getsignal(number)
    with told_to_stop() as told:
        assert not told.is_set()
        signal.raise_signal(number)
        assert told.wait(5)
    assert signal.getsignal(number) is before
