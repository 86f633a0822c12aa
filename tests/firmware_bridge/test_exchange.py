import pytest

from firmware_bridge import commands
from firmware_bridge.commands import Beep, FwData, Greet, Led, Play, Start
from firmware_bridge.exchange import (
    BUSY_LIMIT_S,
    RETRY_S,
    TRIES,
    WINDOW,
    Exchange,
    NoAnswer,
    NotConnected,
    Refused,
)
from firmware_bridge.frames import FrameReader
from firmware_bridge.layout import BadPayload
from firmware_bridge.messages import Ack, AckError


def sent(exchange, now_s):
    """Return the (command, seq) pairs that are due."""
    frames = FrameReader().push(exchange.advance(now_s), now_s)
    return [(commands.read(frame), frame.seq) for frame in frames]


def answer(command, seq, error=0):
    return Ack(command.TYPE, error, seq, board_us=5)


def beep(line, freq_hz=1400):
    return Beep(line, freq_hz, 500, -200)


def test_an_answered_command_is_done_and_not_sent_again():
    exchange = Exchange()
    done = exchange.submit(Start())
    ((command, seq),) = sent(exchange, 0.0)
    assert command == Start()
    assert sent(exchange, 0.1) == []
    errand = exchange.push(answer(Start(), seq), 0.1)
    assert errand.command == Start()
    assert done.result(0) == answer(Start(), seq)
    assert sent(exchange, 1.0) == []
    assert exchange.backlog == 0


def test_an_unanswered_command_is_sent_again_with_the_same_seq():
    exchange = Exchange()
    done = exchange.submit(Start())
    tries = [sent(exchange, n * RETRY_S) for n in range(TRIES)]
    assert tries == [tries[0]] * TRIES
    assert len(tries[0]) == 1
    assert not done.done()
    assert exchange.retries == TRIES - 1
    assert sent(exchange, TRIES * RETRY_S) == []
    with pytest.raises(NoAnswer, match="START: no answer to 10 tries"):
        done.result(0)


def test_an_answer_to_a_retry_is_as_good_and_the_other_one_a_stray():
    exchange = Exchange()
    done = exchange.submit(Start())
    sent(exchange, 0.0)
    ((command, seq),) = sent(exchange, RETRY_S)
    exchange.push(answer(command, seq), 0.3)
    assert done.done()
    assert exchange.push(answer(command, seq), 0.31) is None
    assert exchange.strays == 1


@pytest.mark.parametrize("wrong", [{"seq": 77}, {"command": 0x83}])
def test_an_answer_to_something_else_does_not_count(wrong):
    exchange = Exchange()
    done = exchange.submit(Start())
    ((command, seq),) = sent(exchange, 0.0)
    ack = {"command": command.TYPE, "error": 0, "seq": seq, "board_us": 5} | wrong
    assert exchange.push(Ack(**ack), 0.1) is None
    assert not done.done()


@pytest.mark.parametrize(
    "error, said", [(AckError.NOT_SUPPORTED, "START: NOT_SUPPORTED"), (99, "START: error 99")]
)
def test_a_refusal_says_what_was_refused_and_why(error, said):
    exchange = Exchange()
    done = exchange.submit(Start())
    ((command, seq),) = sent(exchange, 0.0)
    exchange.push(answer(command, seq, error), 0.1)
    with pytest.raises(Refused, match=said) as raised:
        done.result(0)
    assert raised.value.error == error


def test_a_busy_board_is_asked_again_with_a_new_seq():
    exchange = Exchange()
    done = exchange.submit(beep(1))
    ((command, first),) = sent(exchange, 0.0)
    exchange.push(answer(command, first, AckError.BUSY), 0.01)
    assert sent(exchange, 0.1) == []
    assert exchange.push(answer(command, first, AckError.BUSY), 0.15) is None
    assert exchange.strays == 1
    ((command, second),) = sent(exchange, 0.01 + RETRY_S)
    assert second != first
    exchange.push(answer(command, second), 0.3)
    assert done.result(0).seq == second


def test_a_board_that_stays_busy_is_given_up():
    exchange = Exchange()
    done = exchange.submit(beep(1))
    now_s = 0.0
    while not done.done() and now_s < 2 * BUSY_LIMIT_S:
        for command, seq in sent(exchange, now_s):
            exchange.push(answer(command, seq, AckError.BUSY), now_s)
        now_s += RETRY_S
    assert now_s == pytest.approx(BUSY_LIMIT_S, abs=1.0)
    with pytest.raises(Refused, match="BUSY"):
        done.result(0)


def test_pieces_for_one_line_go_one_after_another_and_others_do_not_wait():
    exchange = Exchange()
    pieces = [Play(1, 0, 2000 * n, b"\1\0") for n in range(3)]
    for command in (*pieces, Play(2, 0, 0, b"\1\0"), beep(1), Led(1, 0, 0)):
        exchange.submit(command)
    first = sent(exchange, 0.0)
    assert [command for command, _ in first] == [
        pieces[0],
        Play(2, 0, 0, b"\1\0"),
        beep(1),
        Led(1, 0, 0),
    ]
    exchange.push(answer(*first[0], AckError.BUSY), 0.01)
    assert sent(exchange, 0.02) == []
    ((command, seq),) = [each for each in sent(exchange, 0.22) if isinstance(each[0], Play)][:1]
    assert command == pieces[0]
    exchange.push(answer(command, seq), 0.23)
    assert pieces[1] in [command for command, _ in sent(exchange, 0.24)]


def test_no_more_are_unanswered_than_the_board_remembers():
    exchange = Exchange()
    for line in range(1, 9):
        exchange.submit(beep(line))
        exchange.submit(Play(line, 1, 0, b""))
    assert len(sent(exchange, 0.0)) == WINDOW
    assert sent(exchange, 0.1) == []


def test_the_sequence_number_wraps():
    exchange = Exchange()
    exchange._seq = 65_532
    seqs = []
    for _ in range(5):
        exchange.submit(Led(1, 0, 0))
        ((command, seq),) = sent(exchange, 0.0)
        exchange.push(answer(command, seq), 0.0)
        seqs.append(seq)
    assert seqs == [65_533, 65_534, 65_535, 0, 1]


def test_when_the_board_goes_all_commands_fail():
    exchange = Exchange()
    futures = [exchange.submit(FwData(0, b"x")) for _ in range(3)]
    sent(exchange, 0.0)
    futures.append(exchange.submit(Start()))
    exchange.abandon(NotConnected("the port is gone"))
    for future in futures:
        with pytest.raises(NotConnected, match="the port is gone"):
            future.result(0)
    assert sent(exchange, 9.0) == []


def test_a_command_on_its_way_cannot_be_cancelled():
    exchange = Exchange()
    done = exchange.submit(Start())
    assert not done.cancel()
    ((command, seq),) = sent(exchange, 0.0)
    exchange.push(answer(command, seq), 0.0)
    assert done.done()


def test_a_command_that_cannot_be_sent_is_refused_at_once():
    exchange = Exchange()
    with pytest.raises(BadPayload, match="line is 9"):
        exchange.submit(beep(9))
    assert exchange.backlog == 0


def test_a_greeting_is_a_frame_that_nobody_waits_for():
    exchange = Exchange()
    (frame,) = FrameReader().push(exchange.frame(Greet()), 0.0)
    assert commands.read(frame) == Greet()
    exchange.push(answer(Greet(), frame.seq), 0.0)
    assert exchange.strays == 1
