from dataclasses import replace

import pytest

from appliance.clock_anchor import anchored, keep_anchor
from appliance.doctor import examine
from appliance.index import CallIndex
from firmware_bridge.host_clock import look
from tests.doctored import wrong

KEYS_DAMAGED = "The keys of recordings are damaged"


@pytest.fixture
def kept(trial, replayed):
    return trial


def test_a_sound_folder_has_nothing_wrong(kept):
    assert wrong(kept.data) == []
    said = [f.what for f in examine(None, kept.data, deeper=True)]
    assert "the ledger is whole and signed" in said
    assert "4 of 4 calls agree with reel and key" in said
    assert "the recorder is not running" in said


def test_a_folder_that_is_none_is_said(tmp_path):
    assert any("kirok init" in f.what for f in wrong(tmp_path))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [70, 500, -40])
def test_a_changed_byte_in_a_reel_is_found(kept, at):
    (reel,) = kept.vault.glob("*/*.reel")
    flip(reel, at)
    found = wrong(kept.data)
    assert any("are damaged" in f.what for f in found) or any("call " in f.what for f in found)
    assert all(f.remedy for f in found)


def test_a_missing_reel_is_found(kept):
    (reel,) = kept.vault.glob("*/*.reel")
    reel.unlink()
    assert len([f for f in wrong(kept.data) if "is missing" in f.what]) == 4


def test_a_reel_cut_short_is_found(kept):
    (reel,) = kept.vault.glob("*/*.reel")
    reel.write_bytes(reel.read_bytes()[:-200])
    assert any("no segment here" in f.what or "call" in f.what for f in wrong(kept.data))


def test_a_lost_day_is_said_without_looking_deep(kept):
    (table,) = kept.vault.glob("*/keys.db")
    table.unlink()
    found = [f for f in examine(None, kept.data) if f.level == "wrong"]
    assert f"{table.parent.name}: {KEYS_DAMAGED}" in [f.what for f in found]


def test_a_missing_key_is_found(kept):
    (table,) = kept.vault.glob("*/keys.db")
    data = table.read_bytes()
    rows = data[: data.index(bytes(4096))]  # before the zeros behind which all stands again
    table.write_bytes(rows[: rows.rindex(b"\xabKIROKw\n")])
    (said,) = wrong(kept.data, KEYS_DAMAGED)
    assert said.what.endswith("it has no key")


def test_a_day_secret_that_is_gone_is_found(kept):
    for secret in kept.secrets.glob("*.secret"):
        secret.unlink()
    found = wrong(kept.data, KEYS_DAMAGED)
    assert all("secret of" in f.what for f in found)
    assert len(found) == 4


def test_a_changed_ledger_is_found(kept):
    entries = kept.ledger / "entries.log"
    entries.write_bytes(entries.read_bytes().replace(b'"direction":"in"', b'"direction":"io"', 1))
    assert any(f.what.startswith("ledger: ") for f in wrong(kept.data))


def test_a_row_that_was_changed_is_found(kept):
    with CallIndex.open(kept.index) as index:
        (row,) = [r for r in index.since_row(0) if r.line == 1]
        index._db.execute("UPDATE calls SET chain = 'ab' WHERE id = ?", (row.id,))
    assert any("chain is not the one" in f.what for f in wrong(kept.data))


def test_an_index_that_cannot_be_opened_ends_no_examination(kept):
    kept.index.unlink()
    kept.index.mkdir()
    found = examine(None, kept.data)
    assert any("calls.db" in f.what and "puts it aside" in f.remedy for f in found)
    assert {"recorder", "units"} <= {f.check for f in found}


def test_a_broken_index_is_found(kept):
    for name in ("calls.db-wal", "calls.db-shm"):
        (kept.data / name).unlink(missing_ok=True)
    kept.index.write_bytes(b"x" * 8192)
    assert any("calls.db" in f.what for f in wrong(kept.data))


def test_a_key_that_others_can_read_is_found(trial):
    trial.signing_key.chmod(0o644)
    (finding,) = wrong(trial.data)
    assert finding.remedy.startswith("chmod 600")


def test_a_site_that_cannot_be_used_is_found(trial):
    trial.site_file.write_text("[[line]]\nnumber = 2\nmode = 'all'\n")
    assert any("mode is 'all'" in f.what for f in wrong(trial.data))


def test_what_is_listened_for_is_said(trial):
    own = '[exchange]\nflash_max_ms = 700\n[[exchange.tone]]\nname = "howler"\nhz = [450]\n'
    text = trial.site_file.read_text()
    trial.site_file.write_text(text.replace("[exchange]", own, 1))
    said = " ".join(f.what for f in examine(None, trial.data) if f.what.startswith("exchange"))
    assert "tones listened for: kr, pbx, eu; 1 of this site's own" in said
    assert "85 to 700 ms" in said


@pytest.mark.parametrize("name", ["box.toml", "policy.toml", "keys/box.key", "notice.wav"])
def test_a_file_that_is_there_twice_is_looked_at_twice(trial, name):
    spare = trial.data / "spare" / name.split("/")[-1]
    content = spare.read_bytes()
    spare.write_bytes(content[:20])
    (found,) = wrong(trial.data, deep=False)
    assert found.what.startswith("the spare: ")
    spare.write_bytes(content)
    (trial.data / name).unlink()
    assert any("its spare is used" in f.what for f in wrong(trial.data))


@pytest.mark.parametrize(
    ("content", "level"), [(b"MP3", "wrong"), (None, "note")], ids=["no WAV", "missing"]
)
def test_an_announcement_that_cannot_be_looked_for_is_said(trial, content, level):
    path = trial.data / "notice.wav"
    path.unlink()
    if content:
        path.write_bytes(content)
    (found,) = [f for f in examine(None, trial.data) if "no announcement is looked for" in f.what]
    assert (found.level, "8 kHz mono" in found.remedy) == (level, True)


def test_a_clock_that_was_set_is_wrong_and_the_remedy_is_a_command(trial):
    now = look()
    keep_anchor(trial.data, anchored(replace(now, utc_s=now.utc_s + 3652 * 86_400), "ntp"))
    (found,) = [f for f in examine(None, trial.data) if "last believed" in f.what]
    assert found.level == "wrong"
    assert "3652.0 days behind" in found.what
    assert f"kirok clock --data {trial.data} --confirm" in found.remedy


def test_a_damaged_or_missing_anchor_is_told(trial):
    path = trial.data / "clock"
    path.write_bytes(path.read_bytes()[:-5] + b"9}\n")
    assert [f for f in examine(None, trial.data) if f.level == "wrong" and "clock" in f.what]
    path.unlink()
    assert [f for f in examine(None, trial.data) if "clock is missing" in f.what]
