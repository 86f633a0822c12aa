"""Kill -9 of the recorder at random moments, again and again, with eight lines of the demo's calls.

Run by `make kill-test`; the figures are in docs/measurements.md.
"""

import random
import subprocess
import sys
import threading
from datetime import UTC, datetime
from time import monotonic

import pytest

from appliance import box, keys, policy
from appliance.api import RecorderAway
from appliance.box import Admin, Plan
from appliance.control import ControlClient
from appliance.demo import LINES
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.registry import Registry
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import open_table
from appliance.vault.reader import read_call
from dsp.opus import decode
from tests.doctored import wrong
from tests.waiting import free_port

pytestmark = pytest.mark.long

ROUNDS = 50
#: What a kill may cost of a call in progress.
MOST_LOST_S = 1.0
PASSPHRASE = "correct horse battery"


@pytest.fixture
def opened(tmp_path):
    data = tmp_path / "data"
    text = box.default_site(LINES, port=str(data / "run" / "board.tty"))
    text = text.replace("port = 8077", f"port = {free_port()}")  # for doctor: nobody is there
    plan = Plan(policy.profile_text("osan"), Admin("a", PASSPHRASE), True, text)
    box.create(data, plan, datetime.now(UTC))
    return box.open_box(data)


@pytest.fixture
def board(opened):
    link = str(opened.run / "board.tty")
    command = [sys.executable, "-m", "firmware_bridge.fake_board", "--link", link, "--seed", "7"]
    process = subprocess.Popen(command)
    yield process
    process.kill()
    process.wait()


def recorder(opened):
    command = [sys.executable, "-m", "appliance", "record", "--config", str(opened.site_file)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    client, until = ControlClient(opened.socket), monotonic() + 60
    while monotonic() < until:
        try:
            if client.status().board == "streaming":
                return process
        except RecorderAway:
            pass
        threading.Event().wait(0.02)
    raise AssertionError("the recorder does not start")


def rows_of(opened):
    with CallIndex.open_readonly(opened.index) as index:
        return index.search(CallQuery(limit=None))


def opens(opened, row, identity):
    table = open_table(opened.vault / row.day, DaySecrets(opened.secrets))
    data_key = keys.open_data_key(table.get(row.id), identity)
    table.close()
    record = read_call(opened.vault / row.reel, row.id, data_key, last_offset=row.last_offset)
    return len(decode(record.packets, 52, row.audio_samples)) == row.audio_samples


def test_fifty_kills(opened, board, capsys):
    rng = random.Random(2026)
    lost, ended = [], {}
    for round_ in range(ROUNDS):
        process = recorder(opened)
        threading.Event().wait(rng.uniform(0.5, 12.0))  # the random moment
        process.kill()
        killed_at = datetime.now(UTC)
        process.wait()
        before = {row.id: row for row in rows_of(opened)}
        going_on = [row for row in before.values() if row.end is None]
        again = recorder(opened)  # the next start, and no hand
        threading.Event().wait(0.5)  # so that it has heard which lines are off the hook
        again.kill()
        again.wait()
        after = {row.id: row for row in rows_of(opened)}
        assert before.keys() <= after.keys()
        for call_id, row in ended.items():
            assert after[call_id] == row, "a finished call has changed"
        # A call whose line is off the hook still was not being hung up when the kill came: audio
        # from the doubtful second after a hang-up is held back, and is nobody's loss.
        new = [row for row in after.values() if row.id not in before]
        lifted = {row.line for row in new if row.direction == "unknown"}
        for row in going_on:
            found = after[row.id]
            assert found.end is not None
            keeping = found.recorded and found.stretches[-1]["until_s"] is None
            if keeping and row.line in lifted:
                lost.append((killed_at - found.end).total_seconds())
                assert lost[-1] <= MOST_LOST_S, f"round {round_}: {lost[-1]:.2f} s"
        assert wrong(opened.data, "alarm") == []
        ended.update({i: r for i, r in after.items() if r.end and r.proof in ("verified", "none")})

    registry = Registry(opened.registry)
    identity = keys.unwrap_secret(registry.people()[0].wrapped, PASSPHRASE).decode()
    registry.close()
    recorded = [row for row in rows_of(opened) if row.recorded and row.end]
    assert all(opens(opened, row, identity) for row in recorded)
    with capsys.disabled():
        print(
            f"\n{ROUNDS} kills: {len(recorded)} recordings, all open; {len(lost)} cut off in"
            f" progress, lost {max(lost):.2f} s at most, {sum(lost) / len(lost):.2f} s on average"
        )
