import re
from pathlib import Path

import appliance.office
from appliance.office.clerk import Refusal
from web_min import refusals

SOURCE = "".join(p.read_text() for p in Path(appliance.office.__file__).parent.glob("*.py"))


def test_every_refusal_of_the_office_has_words(rig):
    with rig.app.test_request_context(headers={"Accept-Language": "en"}):
        rig.app.preprocess_request()
        for why in set(re.findall(r'Refusal\(\s*"(\w+)"', SOURCE)):
            assert refusals.text(Refusal(why, detail="reason")).endswith("."), why


def test_what_is_missing_is_said_at_its_field(rig):
    with rig.app.test_request_context(headers={"Accept-Language": "en"}):
        rig.app.preprocess_request()
        missing = Refusal("missing", "9", "proof")
        assert (refusals.field(missing), refusals.text(missing)[:21]) == (
            "proof",
            "Name the document by ",
        )
        assert refusals.text(Refusal("missing", "9", "colour")) == "This must be filled in."
    assert refusals.field(Refusal("no_ground", "9①1", "by")) == "ground"
    assert refusals.field(Refusal("same_person", "9")) == "main"
