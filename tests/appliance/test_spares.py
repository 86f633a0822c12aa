import pytest

from appliance.spares import Spared, believed, copy, settle


def judge(path):
    if not path.read_bytes().startswith(b"good"):
        raise ValueError(f"{path.name} is bad")


@pytest.fixture
def make(tmp_path):
    def make(content, spare, *, fixed=True):
        one = Spared("a.toml", tmp_path / "a.toml", tmp_path / "spare" / "a.toml", fixed, judge)
        one.spare.parent.mkdir(exist_ok=True)
        for path, text in ((one.path, content), (one.spare, spare)):
            if text is not None:
                path.write_text(text)
        return one

    return make


@pytest.fixture
def entered():
    return []


def settled(one, entered):
    return settle(one, lambda done, sha256: entered.append(done))


def test_two_that_agree_are_left_alone(make, entered):
    assert (settled(make("good", "good"), entered), entered) == ("", [])


@pytest.mark.parametrize("content", ["bad", "", None])
def test_a_fixed_file_that_is_not_sound_is_made_again_and_kept_aside(make, entered, content):
    one = make(content, "good")
    assert believed(one) == one.spare
    assert settled(one, entered) == "restored" == entered[0]
    assert one.path.read_text() == "good"
    aside = [path.read_text() for path in one.path.parent.glob("a.toml.damaged-*")]
    assert aside == ([] if content is None else [content])
    assert settled(one, entered) == ""


def test_a_file_of_the_installers_that_cannot_be_used_stays_and_its_spare_is_used(make, entered):
    one = make("bad", "good", fixed=False)
    assert settled(one, entered) == "unusable"
    assert (one.path.read_text(), one.spare.read_text()) == ("bad", "good")
    assert believed(one) == one.spare


def test_a_file_of_the_installers_that_is_gone_comes_back(make, entered):
    one = make(None, "good", fixed=False)
    assert settled(one, entered) == "restored"
    assert one.path.read_text() == "good"


def test_what_the_installer_changed_becomes_the_spare(make, entered):
    one = make("good and new", "good", fixed=False)
    assert settled(one, entered) == "changed"
    assert one.spare.read_text() == "good and new"


@pytest.mark.parametrize("spare", ["bad", None])
def test_a_spare_that_is_lost_is_made_again(make, entered, spare):
    one = make("good", spare)
    if spare is None:
        one.spare.parent.rmdir()
    assert settled(one, entered) == "spared"
    assert one.spare.read_text() == "good"


def test_where_both_are_lost_nothing_is_done(make, entered):
    one = make("bad", None)
    assert (settled(one, entered), entered) == ("lost", [])
    with pytest.raises(ValueError, match=r"a\.toml is bad"):
        believed(one)


@pytest.mark.parametrize(("content", "spare"), [("bad", "good"), ("good", "bad")])
def test_a_cut_after_the_entry_is_made_up_for_at_the_next_start(make, entered, content, spare):
    one = make(content, spare)

    def cut(done, sha256):
        raise OSError("power")

    with pytest.raises(OSError, match="power"):
        settle(one, cut)
    assert settled(one, entered) in ("restored", "spared")
    assert one.path.read_text() == one.spare.read_text() == "good"


def test_a_new_folders_spares_have_the_sums_of_their_files(make):
    one = make("good", None)
    sums = copy([one, Spared("none", one.path / "x", one.spare, True, judge)][:1])
    assert sums == {"a.toml": "770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c"}
    assert one.spare.read_text() == "good"
