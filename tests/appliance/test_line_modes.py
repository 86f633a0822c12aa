from pathlib import Path

import pytest

from appliance import line_modes
from appliance.call_machine import Mode
from appliance.site import Line, Site

SITE = Site(Path("/x"), "/dev/x", (Line(1, "a"), Line(2, "b", mode=Mode.SELECTIVE)))


def test_what_was_set_is_read_again(tmp_path):
    assert line_modes.read(tmp_path) == {}
    line_modes.write(tmp_path, {2: Mode.FULL, 1: Mode.NONE})
    assert line_modes.read(tmp_path) == {1: Mode.NONE, 2: Mode.FULL}


@pytest.mark.parametrize("text", ["[", "[]", '{"1": "loud"}', '{"one": "full"}'])
def test_a_damaged_file_is_not_taken_for_nothing(tmp_path, text):
    (tmp_path / line_modes.NAME).write_text(text)
    with pytest.raises(ValueError):
        line_modes.read(tmp_path)


def test_the_page_goes_before_the_installer(tmp_path):
    site = line_modes.applied(SITE, {2: Mode.FULL, 5: Mode.NONE})
    assert [(line.number, line.mode) for line in site.lines] == [
        (1, Mode.FULL),
        (2, Mode.FULL),
        (5, Mode.NONE),
    ]
    assert line_modes.applied(SITE, {}) == SITE
