"""The tap board and the front panel: bytes and pins on one side, blocks of samples on the other."""
