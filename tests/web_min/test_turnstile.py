from web_min.turnstile import BURST, EACH_S, Turnstile


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def test_a_burst_comes_through_then_a_trickle():
    clock = Clock()
    turnstile = Turnstile(clock)
    assert sum(turnstile.may_pass() for _ in range(BURST + 50)) == BURST
    clock.now_s += EACH_S * 3
    assert [turnstile.may_pass() for _ in range(4)] == [True, True, True, False]


def test_no_more_than_a_burst_is_ever_saved_up():
    clock = Clock()
    turnstile = Turnstile(clock)
    clock.now_s += EACH_S * BURST * 5
    assert sum(turnstile.may_pass() for _ in range(BURST + 50)) == BURST
