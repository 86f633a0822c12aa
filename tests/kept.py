"""A call's audio through the recorder's encoder, and its packets out of it."""

from appliance.decoding import packets
from appliance.kept_audio import KeptAudio


def kept_packets(audio, complexity=5, step=None):
    """Return the packets of a call, what was heard, and the encoder; audio is pushed in steps."""
    kept, found = KeptAudio(complexity), []
    for start in range(0, len(audio), step or max(1, len(audio))):
        kept.push(audio[start : start + (step or len(audio))])
        found += taken(kept, len(found))
    heard = kept.close()
    return found + taken(kept, len(found)), heard, kept


def taken(kept, before):
    found = []
    for piece in kept.take():
        assert piece.first_sample == (before + len(found)) * 160
        found += packets(piece.codec, piece.packets)
    return found
