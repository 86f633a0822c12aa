"""`kirok people` and `kirok recover`, on a trial folder with a recorded call in it."""

import json
import re

import pytest

from appliance import box, cli, keys, ledger_audit, recovery_key
from appliance.engine import open_parts
from appliance.index import CallIndex, CallQuery
from appliance.keyring import vault_secret
from appliance.playback import open_recording
from appliance.registry import Registry, read_people
from appliance.store import Store
from tests.appliance.scene import PASSPHRASE, START

ADMIN = "김관리"
OTHER = "다른 긴 합언어 하나"


@pytest.fixture
def made(tmp_path):
    """A folder's path and its recovery identity."""
    from appliance import policy

    plan = box.Plan(policy.profile_text("osan"), box.Admin(ADMIN, PASSPHRASE), trial=True)
    created = box.create(tmp_path / "data", plan, START)
    return tmp_path / "data", created.recovery


@pytest.fixture
def run(made, monkeypatch, capsys):
    """Run a command as somebody; return its code, and what it said on both."""

    def command(*arguments, passphrase=None, new=None, sheet=None):
        given = {
            "KIROK_PASSPHRASE": passphrase,
            "KIROK_NEW_PASSPHRASE": new,
            "KIROK_RECOVERY": sheet,
        }
        for name, value in given.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = cli.main([*arguments, "--data", str(made[0])])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def vault_of(data, name, passphrase):
    """Return the recipient of what somebody's passphrase opens."""
    return keys.recipient_of(secret_of(data, name, passphrase).decode())


def secret_of(data, name, passphrase):
    person = next(p for p in read_people(data / "page/registry.json") if p.name == name)
    own = keys.unwrap_secret(person.wrapped, passphrase)
    return vault_secret(person.recipient, person.vault, own)


def acts(data):
    """Return what the ledger says of people: act, by, who."""
    rows = (data / "ledger" / "entries.log").read_text(encoding="utf-8").splitlines()
    lines = [json.loads(row.partition(" ")[2]) for row in rows]
    told = [(line["act"], line["facts"]) for line in lines]
    return [(act, facts["person"], facts.get("who")) for act, facts in told if "person" in facts]


def add(run, name="이두리"):
    code, said = run("people", "add", name, "--as", ADMIN, passphrase=PASSPHRASE)
    assert code == 0
    return re.search(r"\b(\w{4}-\w{4}-\w{4})\b", said)[1]


def test_a_new_person_chooses_their_own_passphrase_with_a_code(run, made):
    code = add(run)
    assert run("people", "passphrase", "--as", "이두리", passphrase=code.lower(), new=OTHER)[0] == 0
    opened = box.open_box(made[0])
    assert vault_of(made[0], "이두리", OTHER) == opened.recipients[0]
    assert vault_of(made[0], ADMIN, PASSPHRASE) == opened.recipients[0]
    assert acts(made[0]) == [("person_added", "p1", "p2"), ("passphrase_set", "p2", None)]
    assert ledger_audit.verify(opened.ledger, keys.public_key_from_text(opened.public_key)) == []
    code_again, said = run("people", "passphrase", "--as", "이두리", passphrase=code, new=OTHER)
    assert (code_again, "with this passphrase" in said) == (2, True)


def test_a_code_lets_nobody_do_anything_else(run, made):
    code = add(run)
    assert run("people", "remove", ADMIN, "--as", "이두리", passphrase=code)[0] == 2
    assert run("people", "add", "x", "--as", "이두리", passphrase=code)[0] == 2
    assert [person.name for person in read_people(made[0] / "page/registry.json")] == [
        ADMIN,
        "이두리",
    ]


def test_the_list_says_who_has_not_used_their_code(run):
    add(run)
    said = run("people", "list")[1]
    assert re.search(r"p1 +2026-11-\d\d +operator +김관리\n", said)
    assert "이두리  (one-time code not used yet)" in said
    rows = [json.loads(row) for row in run("people", "list", "--json")[1].splitlines()]
    assert [(row["id"], row["name"]) for row in rows] == [("p1", ADMIN), ("p2", "이두리")]
    assert not any({"wrapped", "vault", "factor"} & row.keys() for row in rows)


def test_roles_and_post_are_given_and_changed(run, made):
    post = ("--role", "user", "--role", "unit_head", "--department", "세정과", "--rank", "과장")
    add = ("people", "add", "이두리", "--as", ADMIN, *post)
    assert run(*add, passphrase=PASSPHRASE)[0] == 0
    assert "user unit_head 이두리, 세정과 과장" in run("people", "list")[1]
    assert not read_people(made[0] / "page/registry.json")[1].opens
    change = ("people", "change", "이두리", "--as", ADMIN, "--role", "operator")
    renew = ("people", "code", "이두리", "--as", ADMIN)
    assert run(*change, passphrase=PASSPHRASE)[0] == 0
    person = read_people(made[0] / "page/registry.json")[1]
    assert (person.role, person.department, person.opens) == ("operator", "세정과", True)
    code, said = run(*change, "--role", "king", passphrase=PASSPHRASE)
    assert (code, "no role 'king': the policy has head, deputy" in said) == (2, True)
    assert "one-time code: " in run(*renew, passphrase=PASSPHRASE)[1]


def test_once_the_head_has_come_the_head_alone_lets_people_in(run):
    code = re.search(
        r"\w{4}-\w{4}-\w{4}",
        run("people", "add", "정책임", "--as", ADMIN, "--role", "head", passphrase=PASSPHRASE)[1],
    )[0]
    run("people", "passphrase", "--as", "정책임", passphrase=code, new=OTHER)
    code, said = run("people", "add", "이두리", "--as", ADMIN, passphrase=PASSPHRASE)
    assert (code, "the policy gives it to head" in said) == (2, True)
    assert run("people", "add", "이두리", "--as", "정책임", passphrase=OTHER)[0] == 0


def test_somebody_removed_opens_nothing_and_their_id_is_never_used_again(run, made):
    code = add(run)
    run("people", "passphrase", "--as", "이두리", passphrase=code, new=OTHER)
    assert run("people", "remove", "이두리", "--as", ADMIN, passphrase=PASSPHRASE)[0] == 0
    assert run("people", "add", "x", "--as", "이두리", passphrase=OTHER)[0] == 2
    raw = json.loads((made[0] / "page/registry.json").read_text())
    assert [row["name"] for row in raw["people"].values()] == [ADMIN]
    assert [set(row) for row in raw["removed"].values()] == [
        {"id", "name", "role", "added", "removed"}
    ]
    assert "(p3)" in run("people", "add", "이두리", "--as", ADMIN, passphrase=PASSPHRASE)[1]


def test_an_own_passphrase_is_changed_and_the_old_one_opens_nothing(run, made):
    change = ("people", "passphrase", "--as", ADMIN)
    assert run(*change, passphrase=PASSPHRASE, new=OTHER)[0] == 0
    assert run(*change, passphrase=PASSPHRASE, new=OTHER)[0] == 2
    assert run(*change, passphrase=OTHER, new="short")[0] == 2
    assert vault_of(made[0], ADMIN, OTHER) == box.open_box(made[0]).recipients[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("people", "add", "김관리", "--as", ADMIN), "김관리"),
        (("people", "remove", "아무개", "--as", ADMIN), "nobody is named"),
        (("people", "add", "x", "--as", "아무개"), "with this passphrase"),
    ],
)
def test_each_mistake_is_told(run, arguments, says):
    code, said = run(*arguments, passphrase=PASSPHRASE)
    assert (code, says in said) == (2, True)


def test_the_last_one_goes_only_when_the_sheet_has_been_seen(run, made):
    gone = ("people", "remove", ADMIN, "--as", ADMIN)
    add(run)  # a code that nobody has used counts for nothing
    code, said = run(*gone, passphrase=PASSPHRASE)
    assert (code, "give --sheet" in said) == (2, True)
    other = keys.new_age_pair().identity
    assert run(*gone, "--sheet", passphrase=PASSPHRASE, sheet=other)[0] == 2
    assert run(*gone, "--sheet", passphrase=PASSPHRASE, sheet=made[1])[0] == 0
    assert [person.name for person in read_people(made[0] / "page/registry.json")] == ["이두리"]


def test_while_the_page_runs_the_registry_is_its_own(run, made):
    registry = Registry(made[0] / "page/registry.json")
    try:
        code, said = run("people", "add", "x", "--as", ADMIN, passphrase=PASSPHRASE)
        assert (code, "do this on the page" in said) == (2, True)
        assert run("recover", "--admin", "x", passphrase=OTHER, sheet=made[1])[0] == 2
        assert run("people", "list")[0] == 0
    finally:
        registry.close()


def test_notes_wait_while_something_else_has_the_ledger(run, made):
    with open_parts(box.open_box(made[0])):  # a recorder that does not answer yet
        add(run)
    assert acts(made[0]) == []
    add(run, "박세리")
    assert acts(made[0]) == [("person_added", "p1", "p2"), ("person_added", "p1", "p3")]


# ---------------------------------------------------------------- the sheet


def recorded(data, capture):
    assert cli.main(["replay", str(capture[0]), "--data", str(data)]) == 0
    with CallIndex.open_readonly(data / "calls.db") as index:
        return next(row for row in index.search(CallQuery()) if row.recorded)


def opens(data, row, name, passphrase):
    """Return how many seconds of a call somebody can hear."""
    opened = box.open_box(data)
    person = next(p for p in read_people(opened.registry) if p.name == name)
    secret = secret_of(data, name, passphrase)
    with open_parts(opened) as parts:
        age_file = Store(parts, lambda call: None).open_key(row.id, person.id, "listen", "test")
    return open_recording(opened.vault, row, secret, age_file).samples / 8000


@pytest.mark.parametrize("written", ["words", "letters", "qr"])
@pytest.mark.parametrize("file_is_there", [True, False])
def test_after_the_last_passphrase_is_lost_the_sheet_opens_an_old_recording(
    run, made, capture, written, file_is_there
):
    data, sheet = made
    row = recorded(data, capture)
    if not file_is_there:
        (data / "keys" / "vault.recovery.age").unlink()
    typed = {
        "words": " ".join(recovery_key.in_words(sheet, "ko")),
        "letters": "\n".join(recovery_key.in_letters(sheet)),
        "qr": sheet,
    }[written]
    assert run("recover", "--admin", "새관리", passphrase=OTHER, sheet=typed)[0] == 0
    assert opens(data, row, "새관리", OTHER) == pytest.approx(row.audio_s)
    assert ("recovered", "p2", "p2") in acts(data)
    kept = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert not any(sheet.encode() in content for content in kept)


def test_a_known_name_keeps_its_id_and_gets_the_new_passphrase(run, made):
    assert run("recover", "--admin", ADMIN, passphrase=OTHER, sheet=made[1])[0] == 0
    assert [person.id for person in read_people(made[0] / "page/registry.json")] == ["p1"]
    assert vault_of(made[0], ADMIN, OTHER) == box.open_box(made[0]).recipients[0]


def test_a_folder_whose_first_code_was_lost_is_recovered_too(made, run, tmp_path, monkeypatch):
    from appliance import policy

    plan = box.Plan(policy.profile_text("osan"), trial=True)
    created = box.create(tmp_path / "second", plan, START)
    monkeypatch.setenv("KIROK_RECOVERY", created.recovery)
    monkeypatch.setenv("KIROK_PASSPHRASE", OTHER)
    assert cli.main(["recover", "--data", str(tmp_path / "second"), "--admin", "새관리"]) == 0
    assert not box.waits_for_setup(box.open_box(tmp_path / "second"))
    assert json.loads((tmp_path / "second" / "page/registry.json").read_text())["setup"] == {}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda words: [*words[:3], words[4], *words[4:]], "word 4 is another"),
        (lambda words: [*words[:3], "zzz", *words[4:]], "word 4, 'zzz', is not of the list"),
        (lambda words: words[:-1], "got 23 words, want 24"),
        (lambda words: recovery_key.in_words(keys.new_age_pair().identity, "ko"), "another box's"),
    ],
)
def test_a_sheet_that_is_not_right_changes_nothing_and_says_what_is_wrong(run, made, spoil, says):
    before = (made[0] / "page/registry.json").read_bytes()
    words = spoil(recovery_key.in_words(made[1], "ko"))
    code, said = run("recover", "--admin", "x", passphrase=OTHER, sheet=" ".join(words))
    assert (code, says in said) == (2, True)
    assert (made[0] / "page/registry.json").read_bytes() == before


def test_a_damaged_sealed_identity_is_told_with_its_remedy(run, made):
    path = made[0] / "keys" / "vault.recovery.age"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, said = run("recover", "--admin", "x", passphrase=OTHER, sheet=made[1])
    assert (code, "put back a copy, or remove it" in said) == (1, True)


def test_who_opens_the_vault_makes_a_missing_sealed_identity_again(run, made):
    path = made[0] / "keys" / "vault.recovery.age"
    path.unlink()
    add(run)
    inside = keys.open_identity(path.read_bytes(), made[1])
    assert keys.recipient_of(inside) == box.open_box(made[0]).recipients[0]


def test_a_child_of_the_command_inherits_no_secret(run, monkeypatch):
    import os

    add(run)
    assert not [name for name in os.environ if name.startswith("KIROK_")]
