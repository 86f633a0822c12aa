from appliance.bench.index_run import measure


def test_every_search_insert_and_start_is_timed_and_nothing_left_behind(tmp_path):
    figures = measure(tmp_path, 3000, 1)
    assert figures.rows == 3000
    assert figures.file_bytes > 500_000
    whats = [timed.what for timed in figures.timed]
    assert {"start", "newest", "a day", "a line", "a whole number", "insert a call"} <= set(whats)
    assert all(0 < timed.p50_ms <= timed.p95_ms for timed in figures.timed)
    assert list(tmp_path.iterdir()) == []
