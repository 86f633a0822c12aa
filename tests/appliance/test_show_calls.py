from zoneinfo import ZoneInfo

import pytest

from appliance.show_calls import duration, local, table
from tests.appliance.scene import START
from tests.appliance.test_index import row

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    "seconds, text", [(0, "0:00"), (7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")]
)
def test_a_duration_reads_as_people_write_it(seconds, text):
    assert duration(seconds) == text


def test_times_are_the_sites():
    assert local(START, SEOUL) == "2026-11-23 09:00:00"


def test_a_table_has_a_line_a_call():
    rows = [row(1, audio_samples=80_000, proof="verified"), row(2, number=None, why="missed")]
    head, one, two = table(rows, SEOUL)
    assert head.split() == ["start", "line", "number", "audio", "proof", "mode", "reason"]
    assert one.split()[2:] == ["2", "←", "03180360001", "0:10", "verified", "full", "full"]
    assert two.split()[-4:] == ["-", "none", "full", "missed"]
