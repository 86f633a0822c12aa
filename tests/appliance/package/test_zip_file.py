import io
import random
import subprocess
import zipfile

import pytest

from appliance.package import zip_file
from appliance.package.zip_aes import WrongPassphrase
from appliance.package.zip_file import NotAZip, PassphraseNeeded

FILES = {"README": b"read me\n" * 40, "ledger/head": b"a head\n", "empty": b""}


def packed(files=FILES):
    return b"".join(zip_file.pack(zip_file.plain(files)))


def closed(files=FILES):
    salts = [bytes([n]) * 16 for n in range(len(files))]
    return b"".join(zip_file.pack(zip_file.encrypted(files, "암호 pass", salts)))


def repacked(files, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as zipped:
        for name, content in files:
            zipped.writestr(name, content)
    return made.getvalue()


def seven_zip(tmp_path, data, *arguments):
    (tmp_path / "p.zip").write_bytes(data)
    command = ["7z", *arguments, "p.zip"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


def test_the_same_files_give_the_same_bytes_and_python_reads_them():
    assert packed() == packed()
    with zipfile.ZipFile(io.BytesIO(packed())) as zipped:
        assert zipped.testzip() is None
        assert {name: zipped.read(name) for name in zipped.namelist()} == FILES


def test_seven_zip_opens_both(tmp_path):
    assert seven_zip(tmp_path, packed(), "t") == 0
    assert seven_zip(tmp_path, closed(), "x", "-y", "-p암호 pass") == 0
    assert (tmp_path / "ledger" / "head").read_bytes() == b"a head\n"
    assert seven_zip(tmp_path, closed(), "t", "-pwrong") != 0


def test_what_was_written_is_read_and_known_as_written():
    for data, passphrase in ((packed(), None), (closed(), "암호 pass")):
        found = zip_file.read(data, passphrase)
        assert (found.contents, found.as_written) == (FILES, True)
        assert found.encrypted == (passphrase is not None)


def test_a_passphrase_is_asked_for_and_a_wrong_one_told():
    with pytest.raises(PassphraseNeeded):
        zip_file.read(closed())
    with pytest.raises(WrongPassphrase):
        zip_file.read(closed(), "wrong")


@pytest.mark.parametrize(("make", "step"), [(packed, 1), (closed, 7)])
def test_no_flipped_byte_goes_unseen(make, step):
    data = make()
    for at in range(0, len(data), step):
        spoilt = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        try:
            found = zip_file.read(spoilt, "암호 pass")
        except (NotAZip, WrongPassphrase):
            continue
        assert not found.as_written, at


def test_a_damaged_file_of_a_closed_one_is_named():
    data = bytearray(closed())
    data[data.index(b"README") + 6 + 11 + 3] ^= 1  # its salt: the verifier does not fit any more
    assert zip_file.read(bytes(data), "암호 pass").damaged == ["README"]


def test_packed_again_by_others_it_is_read_but_not_as_written():
    found = zip_file.read(repacked(FILES.items()))
    assert (found.contents, found.as_written) == (FILES, False)


def test_what_others_put_around_it_shows():
    for data in (packed() + b"x", b"x" + packed(), packed()[:-2] + b"\1\0x"):
        assert not zip_file.read(data).as_written


def test_two_files_of_one_name_are_named():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = repacked([("a", b"1"), ("a", b"2")])
    assert zip_file.read(data).twice == ["a"]


def test_a_bomb_is_left_alone():
    found = zip_file.read(repacked([("bomb", bytes(50_000_000)), ("a", b"1")]))
    assert (found.too_large, found.contents) == (["bomb"], {"a": b"1"})


def test_names_go_nowhere():
    names = ["../../etc/passwd", "/etc/passwd", "C:\\x", "a\nb", "한글"]
    found = zip_file.read(repacked([(name, b"x") for name in names]))
    assert len(found.contents) == 5
    assert not found.as_written


def test_too_many_files_are_not_all_read():
    found = zip_file.read(repacked([(f"{n}", b"") for n in range(100)]))
    assert len(found.contents) == 64
    assert not found.as_written


def test_noise_and_a_cut_are_no_zip():
    for data in (b"", b"PK", packed()[:-30], random.Random(1).randbytes(3000)):
        with pytest.raises(NotAZip):
            zip_file.read(data)
