from appliance.watch.pacing import Pacing


def test_a_mail_a_minute_at_most():
    pacing = Pacing()
    assert pacing.may_send(0)
    pacing.sent(0)
    assert not pacing.may_send(59)
    assert pacing.may_send(60)


def test_many_in_an_hour_are_one_each_quarter_of_an_hour():
    pacing, sent = Pacing(), []
    for second in range(0, 4 * 3600, 5):
        if pacing.may_send(second):
            pacing.sent(second)
            sent.append(second)
    assert sent[:7] == [0, 60, 120, 180, 240, 300, 1200]
    assert len([at for at in sent if 3600 <= at < 7200]) <= 6


def test_in_vain_the_pause_grows_to_an_hour_and_a_mail_that_goes_ends_it():
    pacing, now, pauses = Pacing(), 0.0, []
    for _ in range(10):
        pacing.failed(now)
        begun = now
        while not pacing.may_send(now):
            now += 30
        pauses.append(now - begun)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert pacing.failures == 10
    pacing.sent(now)
    assert pacing.failures == 0
    assert pacing.may_send(now + 60)
