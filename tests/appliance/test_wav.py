import io
import wave

import pytest

from appliance import wav


@pytest.mark.parametrize("channels, rate_hz", [(1, 8000), (2, 48000)])
def test_the_standard_library_reads_it(channels, rate_hz):
    head = wav.header(3, rate_hz=rate_hz, channels=channels)
    assert len(head) == wav.HEADER_BYTES
    with wave.open(io.BytesIO(head + bytes(6 * channels))) as file:
        assert file.getparams()[:4] == (channels, 2, rate_hz, 3)


def test_the_bytes_are_known():
    assert wav.header(8000).hex() == (
        "52494646a43e000057415645666d74201000000001000100401f0000803e00000200100064617461803e0000"
    )


def test_a_length_without_a_place_is_refused():
    wav.header((2**32 - 46) // 2)
    for samples in (2**31, -1):
        with pytest.raises(ValueError, match="under 4 GiB"):
            wav.header(samples)
