"""Line signals in, events out: pure numpy, no I/O, no clock."""
