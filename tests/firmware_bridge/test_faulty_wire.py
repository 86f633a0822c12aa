import pytest

from firmware_bridge.faulty_wire import FaultyWire

DATA = bytes(range(100))


def test_a_wire_passes_bytes_on_until_told():
    assert FaultyWire().push(DATA) == DATA


@pytest.mark.parametrize("cut", [3, 10, 100])
def test_garbling_changes_as_many_bytes_as_told_and_loses_none(cut):
    wire = FaultyWire(1)
    wire.garble(10)
    out = b"".join(wire.push(DATA[at : at + cut]) for at in range(0, 100, cut))
    assert len(out) == 100
    assert all(a != b for a, b in zip(out[:10], DATA[:10], strict=True))
    assert out[10:] == DATA[10:]


@pytest.mark.parametrize("cut", [3, 10, 100])
def test_dropping_loses_as_many_bytes_as_told(cut):
    wire = FaultyWire()
    wire.drop(10)
    assert b"".join(wire.push(DATA[at : at + cut]) for at in range(0, 100, cut)) == DATA[10:]


def test_inserting_puts_noise_before_what_follows():
    wire = FaultyWire(1)
    wire.insert(10)
    out = wire.push(DATA)
    assert (len(out), out[10:]) == (110, DATA)
    assert wire.push(DATA) == DATA


def test_faults_come_together():
    wire = FaultyWire(1)
    wire.drop(5)
    wire.garble(5)
    wire.insert(5)
    out = wire.push(DATA)
    assert len(out) == 100
    assert out[10:] == DATA[10:]


def test_a_seed_decides_the_noise():
    def noise(seed):
        wire = FaultyWire(seed)
        wire.insert(8)
        return wire.push(b"")

    assert noise(1) == noise(1) != noise(2)
