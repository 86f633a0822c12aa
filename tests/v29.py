"""The modem of a fax machine, 9600 bit/s, as spandsp makes and hears it.

Source: spandsp's v29tx.h and v29rx.h; a bit below 0 is a status, -7 the end of the data.
"""

import ctypes
import ctypes.util

import numpy as np

RATE = 9600
_END = -7
_GetBit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_PutBit = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("spandsp"))
    library.v29_tx_init.restype = library.v29_rx_init.restype = ctypes.c_void_p
    return library


def bits(count, seed=1):
    return np.random.default_rng(seed).integers(0, 2, count)


def sent(data):
    """Return what a modem sends: training, the bits, the end: int16[n]."""
    library, left = _library(), iter(data.tolist())
    get = _GetBit(lambda _: next(left, _END))
    modem = ctypes.c_void_p(library.v29_tx_init(None, RATE, 0, get, None))
    piece, line = np.zeros(160, np.int16), []
    while not line or len(line[-1]) == len(piece):
        n = library.v29_tx(modem, piece.ctypes.data_as(ctypes.c_void_p), len(piece))
        line.append(piece[:n].copy())
    library.v29_tx_free(modem)
    return np.concatenate(line)


def received(audio, count):
    """Return the first bits that a modem hears."""
    library, heard = _library(), []
    put = _PutBit(lambda _, bit: heard.append(bit))
    modem = ctypes.c_void_p(library.v29_rx_init(None, RATE, put, None))
    audio = np.ascontiguousarray(audio, np.int16)
    library.v29_rx(modem, audio.ctypes.data_as(ctypes.c_void_p), len(audio))
    library.v29_rx_free(modem)
    return np.array([bit for bit in heard if bit >= 0][:count], int)
