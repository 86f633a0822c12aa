from web_min.packages import BYTES_MAX, KEEP_S, Packages


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_package_is_for_the_session_that_made_it():
    packages = Packages(Clock())
    packages.put("s", "r1", "r1.zip", (b"PK", "secret"))
    assert packages.get("s", "r1").content == b"PK"
    assert packages.get("s", "r2") is None
    assert packages.get("t", "r1") is None
    packages.close_session("s")
    assert packages.get("s", "r1") is None


def test_it_is_thrown_away_after_minutes():
    clock = Clock()
    packages = Packages(clock)
    packages.put("s", "r1", "r1.zip", (b"PK", "secret"))
    clock.now_s = KEEP_S - 1
    assert packages.get("s", "r1")
    clock.now_s = KEEP_S
    assert packages.get("s", "r1") is None


def test_the_memory_is_bounded_and_the_newest_kept():
    packages = Packages(Clock())
    large = bytes(BYTES_MAX // 2)
    for n in range(3):
        packages.put("s", f"r{n}", "x.zip", (large, ""))
    assert packages.get("s", "r0") is None
    assert packages.get("s", "r2")
