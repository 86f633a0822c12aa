from appliance.package.readme import Facts, check_program, text

FACTS = Facts("01JD0000000000000000000000", "box-7", "2026-11-25T00:00:00.000Z", "KEY=", "031 1")


def commands(readme):
    return [line[4:] for line in readme.splitlines() if line.startswith("    ")]


def test_every_indented_line_is_a_command():
    starts = [command.split()[0] for command in commands(text(FACTS, "ko"))]
    assert starts == [
        *("sha256sum", "openssl", "grep", "head", "tail", "openssl", "python3", "grep", "kirok"),
    ]


def test_it_speaks_the_policys_language_and_english():
    korean, english = text(FACTS, "ko"), text(FACTS, "en")
    assert "녹취기가 MANIFEST에 서명했는지" in korean
    assert "The box signed MANIFEST" in korean
    assert commands(korean) == commands(english)
    assert english.count("The box signed MANIFEST") == 1


def test_a_number_is_quoted_and_left_out_when_nothing_was_entered():
    assert "printf %s '031 1' |" in text(FACTS, "ja")
    bare = Facts(FACTS.call_id, FACTS.box_id, FACTS.taken_out, FACTS.public_key, None)
    assert "printf" not in text(bare, "ja")


def test_the_program_is_plain_python():
    compile(check_program(), "check.txt", "exec")
