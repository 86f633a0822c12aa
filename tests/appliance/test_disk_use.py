from datetime import date

from appliance.disk_use import by_day, space_of


def test_each_day_has_its_size_and_days_in_doubt_belong_to_theirs(tmp_path):
    for name, size in (("2026-11-23", 9000), ("2026-11-23-doubt", 5000), ("2026-11-24", 0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "000.reel").write_bytes(b"x" * size)
    (tmp_path / "lost+found").mkdir()
    sizes = by_day(tmp_path)
    assert 14_000 <= sizes[date(2026, 11, 23)] <= 32_768
    assert sizes[date(2026, 11, 24)] == 0
    assert len(sizes) == 2


def test_a_hole_takes_no_room(tmp_path):
    (tmp_path / "2026-11-23").mkdir()
    with (tmp_path / "2026-11-23" / "000.reel").open("wb") as file:
        file.truncate(1 << 30)
    assert by_day(tmp_path)[date(2026, 11, 23)] < 1 << 20


def test_a_disk_has_a_size_and_room(tmp_path):
    space = space_of(tmp_path)
    assert 0 < space.free <= space.total
