"""The 44 bytes before PCM samples that make them a WAV file, written before the samples are.

Source: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991.
"""

import struct

HEADER_BYTES = 44

_PCM = 1
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def header(samples: int, *, rate_hz: int = 8000, channels: int = 1) -> bytes:
    """Return the header of 16-bit PCM.

    Args:
        samples: of each channel; the file is HEADER_BYTES + 2 * channels * samples bytes.

    Raises:
        ValueError: the length has no place in 32 bits.
    """
    frame = 2 * channels
    data_bytes = samples * frame
    if not 0 <= data_bytes < 2**32 - HEADER_BYTES:
        raise ValueError(f"a WAV file holds under 4 GiB, got {data_bytes} bytes")
    return _HEADER.pack(
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        channels,
        rate_hz,
        rate_hz * frame,
        frame,
        16,
        b"data",
        data_bytes,
    )
