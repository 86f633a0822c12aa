from appliance.ballast import take_aboard, throw_overboard
from appliance.room import Space

SPACE = Space(200 << 20, 100 << 20)


def test_it_takes_room_and_gives_it_back(tmp_path):
    take_aboard(tmp_path, SPACE)
    file = tmp_path / "ballast"
    assert file.stat().st_blocks * 512 >= SPACE.reserve // 4 == file.stat().st_size
    take_aboard(tmp_path, SPACE)
    throw_overboard(tmp_path, Space(SPACE.total, SPACE.reserve // 8))
    assert file.exists()
    for _ in range(2):
        throw_overboard(tmp_path, Space(SPACE.total, SPACE.reserve // 8 - 1))
        assert not file.exists()


def test_one_that_was_cut_short_is_made_whole(tmp_path):
    (tmp_path / "ballast").write_bytes(b"")
    take_aboard(tmp_path, SPACE)
    assert (tmp_path / "ballast").stat().st_size == SPACE.reserve // 4


def test_a_disk_without_room_for_it_goes_without(tmp_path):
    take_aboard(tmp_path / "missing", SPACE)
