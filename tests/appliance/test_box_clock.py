from dataclasses import replace

from appliance.box_clock import clock_state, last_believed, newest_entry
from appliance.clock_anchor import NAME, anchored, keep_anchor
from appliance.clock_watch import DAY_S, Anchor
from appliance.ledger_walk import ENTRIES
from firmware_bridge.host_clock import look
from tests.appliance.scene import START

ANCHOR = Anchor(1_795_000_000.125, 1214.21, "3ce5cef6", "김관리")


def test_without_the_file_the_ledgers_newest_entry_counts(trial):
    (trial.data / NAME).unlink(missing_ok=True)
    assert last_believed(trial) == Anchor(START.timestamp(), 0.0, "", "ledger")
    (trial.data / NAME).write_bytes(b"00000000 {}\n")
    assert last_believed(trial).by == "ledger"
    keep_anchor(trial.data, ANCHOR)
    assert last_believed(trial) == ANCHOR


def test_a_torn_entry_is_passed_over_and_a_lost_ledger_tells_nothing(trial):
    with (trial.ledger / ENTRIES).open("ab") as log:
        log.write(b'0badc0de {"act":"torn')
    assert newest_entry(trial.ledger).utc_s == START.timestamp()
    (trial.ledger / ENTRIES).write_bytes(b"")
    assert newest_entry(trial.ledger) is None
    (trial.ledger / ENTRIES).unlink()
    assert newest_entry(trial.ledger) is None


def test_the_state_of_a_folders_clock_needs_no_recorder(trial):
    now = look()
    keep_anchor(trial.data, anchored(now, "trial"))
    assert clock_state(trial).trusted
    assert not clock_state(trial, replace(now, utc_s=now.utc_s + DAY_S)).trusted
    real = replace(trial, trial=False)
    keep_anchor(trial.data, Anchor(now.utc_s - DAY_S, now.uptime_s, now.boot, "ntp"))
    state = clock_state(real, now)
    assert (state.quality, state.trusted) == ("stepped", False)
