import pytest

from appliance.call_machine import Mode
from appliance.site import TEMPLATE, Chip, Line, SiteError, line_table, load

LINES = (
    Line(1, "민원실 1", "민원봉사과", "031-8036-7114", Mode.FULL),
    Line(6, 'say "hello" \\ bye', "", "", Mode.SELECTIVE),
    Line(4, "상담", "", "", Mode.SELECTIVE),
)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "site.toml"
        path.write_text(text)
        return path

    return write


def whole():
    text = TEMPLATE.format(port="/dev/tap", web_port=8077)
    return text + "\n".join(line_table(line) for line in LINES)


def test_what_is_written_reads_back(write, tmp_path):
    site = load(write(whole()))
    assert site.lines == LINES
    assert (site.board_port, site.record_key, site.data) == ("/dev/tap", "*1", tmp_path)
    assert site.notice == "notice.wav"
    assert (site.web.host, site.web.port) == ("127.0.0.1", 8077)
    assert site.line(6).mode is Mode.SELECTIVE


def test_a_line_that_is_not_set_up_is_recorded_in_full(write):
    assert load(write(whole())).line(33) == Line(33, "line 33", mode=Mode.FULL)


@pytest.mark.parametrize(
    "text, button_line",
    [("", None), (whole(), 4), ("[panel]\nbutton_line = 2\n", 2)],
)
def test_the_button_records_its_line_or_the_first_selective_one(write, text, button_line):
    assert load(write(text)).button_line == button_line


@pytest.mark.parametrize(
    "text, says",
    [
        ("x = 1", "unknown key x; known are board"),
        ("[board]\nporr = 'a'", "unknown key board.porr; known are port"),
        ("[secrets]\nspi = 'spidev0.1'", "secrets.spi is 'spidev0.1'"),
        (
            "[secrets]\ni2c = '1.60'",
            "secrets.i2c is '1.60', want bus and address, '1.50' to '1.57'",
        ),
        ("[secrets]\nspi = '0.1'\ni2c = '1.50'", "names the chip's place once"),
        ("[secrets]\nbytes = 8192", "names the chip's place once"),
        ("[secrets]\nspi = '0.1'", "has no bytes"),
        ("[secrets]\nspi = '0.1'\nbytes = 4", "secrets.bytes is 4"),
        ("[recording]\nkey = '1+'", "recording.key is '1+'"),
        ("[recording]\nkey = '123456789'", "up to 8"),
        ("[[line]]\nname = 'a'", "has no number"),
        ("[[line]]\nnumber = 0", "line.number is 0, want a whole number from 1 to 64"),
        ("[[line]]\nnumber = true", "line.number is True"),
        ("[[line]]\nnumber = 2\nmode = 'all'", "line 2: mode is 'all', want full"),
        ("[[line]]\nnumber = 2\n[[line]]\nnumber = 2", "line 2 is set up twice"),
        ("[web]\nport = 70000", "web.port is 70000"),
        ("web = 3", "web is 3, want a table"),
        ('[web]\ntls = "yes"', "web.tls is 'yes', want true or false"),
        ("[", "not a TOML file"),
    ],
)
def test_what_is_wrong_is_named(write, text, says):
    with pytest.raises(SiteError) as error:
        load(write(text))
    assert says in str(error.value)
    assert "site.toml" in str(error.value)


def test_a_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(SiteError, match="kirok init"):
        load(tmp_path / "site.toml")


def test_the_announcement_may_have_another_name(write):
    assert load(write("[recording]\nnotice = 'ours.wav'")).notice == "ours.wav"


def test_the_exchange_is_the_site_s(write):
    site = load(write(whole() + '\n[[exchange.tone]]\nname = "howler"\nhz = [450]\n'))
    assert site.exchange.tones("KR")[0].name == "howler"


def test_an_exchange_that_cannot_be_is_refused(write):
    with pytest.raises(SiteError, match="flash_max_ms is 9000, want 150 to 1500"):
        load(write("[exchange]\nflash_max_ms = 9000\n"))


def test_what_the_template_shows_of_the_exchange_can_be_used(write):
    begin, end = "[exchange]", "# A line a table"
    shown = TEMPLATE[TEMPLATE.index(begin) : TEMPLATE.index(end)]
    site = load(write(shown.replace("\n# ", "\n")))
    assert (site.exchange.plans, site.exchange.tone[0].name) == (("kr", "pbx"), "busy")


def test_a_chip_for_the_day_secrets_is_named_by_its_place_and_size(tmp_path):
    (tmp_path / "site.toml").write_text("[secrets]\nspi = '0.1'\nbytes = 32768\n")
    assert load(tmp_path / "site.toml").chip == Chip("spi", 0, 1, 32_768)
    (tmp_path / "site.toml").write_text("[secrets]\ni2c = '1.57'\nbytes = 4096\n")
    assert load(tmp_path / "site.toml").chip == Chip("i2c", 1, 0x57, 4096)
