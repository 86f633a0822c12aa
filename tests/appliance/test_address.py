import threading

from appliance import address


def test_what_is_inside_is_done_from_there():
    assert address.here() == ""
    with address.at("192.0.2.7"):
        assert address.here() == "192.0.2.7"
        with address.at("192.0.2.8"):
            assert address.here() == "192.0.2.8"
        assert address.here() == "192.0.2.7"
    assert address.here() == ""


def test_another_thread_acts_from_elsewhere():
    seen = []
    with address.at("192.0.2.7"):
        thread = threading.Thread(target=lambda: seen.append(address.here()))
        thread.start()
        thread.join()
    assert seen == [""]


def test_a_thread_goes_on_from_there_until_it_leaves():
    address.begin("192.0.2.7")
    assert address.here() == "192.0.2.7"
    address.begin("")
    assert address.here() == ""
