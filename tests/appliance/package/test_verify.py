"""Flip, cut, swap: `verify` names it, and never breaks."""

import random
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.export import Taker, export
from appliance.package.checks import judge
from appliance.package.verify import verify
from appliance.package.zip_file import PassphraseNeeded
from tests.appliance.scene import PASSPHRASE, START

NOW = START + timedelta(days=400)


@pytest.fixture(scope="module")
def whole(exported):
    return exported[1][0].read_bytes()


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    path = tmp_path_factory.mktemp("spoilt") / "p.zip"

    def write(data):
        path.write_bytes(data)
        return path

    return write


def whats(path, **more):
    return [found.what for found in verify(path, None, NOW, **more).mismatches]


def test_what_the_box_made_is_genuine(exported):
    for package in exported[1]:
        assert whats(package) == []


def test_a_machines_call_is_genuine_and_each_part_of_it_counts(fax_package):
    with zipfile.ZipFile(fax_package) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist()}
    (alaw,) = [name for name in files if name.endswith(".al")]
    assert whats(fax_package) == []
    found = verify(fax_package, None, NOW)
    assert found.exact and found.sound_bound
    changed = bytes([files[alaw][0] ^ 1]) + files[alaw][1:]
    for other, what in (
        ({**files, alaw: changed}, "sum"),
        ({name: data for name, data in files.items() if name != alaw}, "missing"),
        ({**files, alaw: files[alaw][:-160]}, "sum"),
        ({**files, alaw: files[alaw][:-1]}, "sum"),
    ):
        report = judge(other, None, NOW)
        whats_wrong = [one.what for one in report.mismatches]
        assert what in whats_wrong and "sound" in whats_wrong


def test_a_cut_and_a_file_that_is_none_are_named(whole, spoilt):
    assert whats(spoilt(whole[:-1])) == ["cut_short"]
    assert whats(spoilt(whole[:5000])) == ["cut_short"]
    assert whats(spoilt(b"")) == whats(spoilt(b"%PDF-1.7")) == ["not_a_zip"]


def test_packed_again_it_is_not_as_the_box_wrote_it(exported, files, spoilt):
    path = spoilt(b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    assert whats(path) == ["archive"]


def test_no_flipped_bit_of_any_part_is_genuine(whole, spoilt):
    """All of the archive but the sound, of which one byte in 251."""
    audio = whole.index(b".wav") + 100, whole.index(b"record.json") - 100
    places = [at for at in range(len(whole)) if not audio[0] < at < audio[1] or at % 25_001 == 0]
    rng = random.Random(3)
    for at in rng.sample(places, 100):
        data = whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :]
        assert whats(spoilt(data)), at


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_stretch_that_is_replaced_is_genuine(whole, spoilt, data):
    start = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 64))
    put = data.draw(st.binary(max_size=64))
    changed = whole[:start] + put + whole[start + length :]
    assert bool(whats(spoilt(changed))) == (changed != whole)


def test_an_encrypted_one_opens_with_its_passphrase_alone(exported, tmp_path):
    box, (package, _) = exported
    taker = Taker("김관리", PASSPHRASE, package_pass="열려라 참깨 2026")
    closed = export(box, package.stem, tmp_path, taker, START)
    assert whats(closed, passphrase="열려라 참깨 2026") == []
    assert whats(closed, passphrase="wrong") == ["wrong_passphrase"]
    with pytest.raises(PassphraseNeeded):
        whats(closed)
    data = bytearray(closed.read_bytes())
    data[data.index(b"cover.pdf") + 300] ^= 1
    closed.write_bytes(data)
    found = verify(closed, None, NOW, "열려라 참깨 2026").mismatches
    assert [(one.what, one.facts["name"]) for one in found] == [("damaged", "cover.pdf")]
