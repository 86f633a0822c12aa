from contextlib import closing

import pytest

from appliance.office.cabinet import Cabinet, NoSuchDocument
from appliance.office.documents import Applicant, Entry, Medium, NoticeMark, Request, Review
from appliance.registry import LedgerBehind, Registry
from appliance.registry_storage import RegistryBroken

REQUEST = Request(
    id="r1",
    kind="view",
    ground="user",
    purpose="dispute",
    reason="확인",
    applicant=Applicant("𠮷田 박", "세정과"),
    made_by="p1",
    department="세정과",
    made="2026-03-04T01:30:00.000Z",
    history=(Entry("2026-03-04T01:30:00.000Z", "p1", "file", "", "requested", {"reason": "확인"}),),
)


@pytest.fixture
def registry(tmp_path):
    Registry.create(tmp_path / "registry.json", {})
    registry = Registry(tmp_path / "registry.json")
    yield registry
    registry.close()


def test_documents_come_back_as_they_were_put(registry, tmp_path):
    cabinet = Cabinet(registry)
    medium = Medium("m1", "SN-1", "usb")
    cabinet.put(REQUEST)
    cabinet.put(medium)
    cabinet.put(NoticeMark("c1", "4", "", "p1", REQUEST.made))
    cabinet.put(Review("2026-03", "p1", REQUEST.made, ""))
    registry.close()
    with closing(Registry(tmp_path / "registry.json")) as reopened:
        again = Cabinet(reopened)
        assert again.all(Request) == [REQUEST]
        assert again.get(Medium, "m1") == medium


def test_a_document_is_put_in_the_place_of_what_it_was(registry):
    cabinet = Cabinet(registry)
    cabinet.put(Medium("m1", "SN-1", "usb"))
    cabinet.put(Medium("m1", "SN-1", "usb", state="written"))
    assert [medium.state for medium in cabinet.all(Medium)] == ["written"]


def test_ids_are_never_used_again(registry):
    cabinet = Cabinet(registry)
    assert cabinet.new_id(Medium) == "m1"
    cabinet.put(Medium("m9", "SN-9", "usb"))
    assert cabinet.new_id(Medium) == "m10"


def test_there_is_no_document_of_an_unknown_id(registry):
    with pytest.raises(NoSuchDocument):
        Cabinet(registry).get(Request, "r7")


def test_a_damaged_row_is_named(registry):
    registry.put_row("media", {"id": "m1", "serial": "SN-1"})
    with pytest.raises(RegistryBroken, match=r"media in the registry is not whole .missing: kind."):
        Cabinet(registry).all(Medium)


def test_a_document_and_its_note_are_kept_together_or_not_at_all(registry):
    cabinet = Cabinet(registry)
    registry.put_row("media", {"id": "m1"}, [{"act": "login"}] * 1000)
    with pytest.raises(LedgerBehind, match="start it again"):
        cabinet.put(REQUEST, [{"act": "request_file"}])
    assert cabinet.all(Request) == []
    registry.drop_unsent(1000)
    cabinet.put(REQUEST, [{"act": "request_file", "of": "r1"}])
    assert registry.unsent() == [{"act": "request_file", "of": "r1"}]
