import pytest

from appliance.keys import WrongIdentity, new_age_pair, new_data_key, seal_data_key
from appliance.vault.open import open_call
from appliance.vault.reel import ReelWriter
from appliance.vault.segment import NO_BACK, CallSealer

CALL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_a_call_opens_to_the_vault_and_to_the_sheet_and_to_nobody_else(tmp_path):
    vault, sheet, stranger = new_age_pair(), new_age_pair(), new_age_pair()
    data_key = new_data_key()
    age_file = seal_data_key(data_key, [vault.recipient, sheet.recipient])
    writer = ReelWriter(tmp_path, "2026-11-23", "box-7")
    at = writer.append(CallSealer(CALL, data_key).seal_facts({"line": 1}, NO_BACK))
    for pair in (vault, sheet):
        assert open_call(writer.path, CALL, age_file, pair.identity, at).facts == {"line": 1}
    with pytest.raises(WrongIdentity):
        open_call(writer.path, CALL, age_file, stranger.identity, at)
