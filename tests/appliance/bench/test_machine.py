import numpy as np

from appliance.bench.machine import describe


def test_the_machine_is_described(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    here = describe()
    assert here.cores >= 1
    assert here.memory_gb > 0.1
    assert here.numpy == np.__version__
    assert here.blas_threads == "1"
    assert here.processor
