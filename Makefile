# Two commands do everything on a fresh Debian 12: `make demo` and `make test`.

VENV   := .venv
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN    := $(VENV)/bin
BOX    := /opt/kirok

.PHONY: setup demo test install units-test kill-test power-cut fault-sweep live-fault-test clock-test retention-test memory-test attack-test page-test lint types clean lock

setup: $(VENV)/.run

demo: setup
	$(BIN)/kirok demo

test: $(VENV)/.test lint types
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

# On a box, as root: the program in /opt/kirok, the services' users and their units.
install:
	sh image_build/install-debian-packages.sh run
	$(PYTHON) -m venv $(BOX)
	$(BOX)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BOX)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation .
	install -m 644 image_build/sysusers.d/kirok.conf /usr/lib/sysusers.d/
	systemd-sysusers kirok.conf
	install -m 644 image_build/systemd/*.service /etc/systemd/system/

# The README's words for a box, and the three services under a live systemd: about 5 minutes; as root.
units-test: $(VENV)/.long
	$(BIN)/python -m pytest -q -s -m long tests/long/test_live_units.py

# 50 kills of the recorder at random moments, about 8 minutes.
kill-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -m long tests/long/test_kill.py

# 100 000 calls over 120 simulated days, and what a raw disk still yields: up to an hour; as root.
retention-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -s -m long tests/long/test_retention.py

# The clock jumps by a day and by ten years, at the start and in mid-call: about 6 minutes.
clock-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -m long tests/long/test_wrong_clock.py

# 30 power cuts, for real, and the control without flushes: about 3 minutes; as root.
power-cut: $(VENV)/.long
	$(BIN)/python -m pytest -q -m long tests/long/test_power_cut.py

# The recorder on a failing, full, stalling, read-only and vanished disk: about 9 minutes; as root.
live-fault-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -s -m long tests/appliance/test_live_disk_faults.py

# Each call to the disk of a replay fails, each file of a folder is damaged: about half an hour.
fault-sweep: $(VENV)/.test
	$(BIN)/python -m pytest -q -m long tests/appliance/test_fault_sweep.py

# Public attack tools at the page of a demo, each in an environment of its own: about 6 minutes.
attack-test: $(VENV)/.test .attack/.wapiti .attack/.schemathesis
	$(BIN)/python -m pytest -q -s -m long tests/long/test_attack.py

.attack/.wapiti:
	$(PYTHON) -m venv .attack/wapiti
	.attack/wapiti/bin/pip install --quiet wapiti3==3.2.3 sqlmap==1.10.10
	touch $@

.attack/.schemathesis:
	$(PYTHON) -m venv .attack/schemathesis
	.attack/schemathesis/bin/pip install --quiet schemathesis==4.32.5
	touch $@

# A day of audio on four lines, about 15 minutes.
memory-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -s -m long tests/long/test_memory.py

# axe-core, the size of targets and three widths on every page of every role, city and language, and each life cycle
# with its refusals walked in both cities: about 20 minutes.
page-test: $(VENV)/.test
	$(BIN)/python -m pytest -q -m long tests/web_min/test_accessible.py tests/web_min/test_walks.py

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

# requirements.lock holds every version, with hashes; the extras are in it too.
$(VENV)/.run: pyproject.toml requirements.lock image_build/debian-packages.txt
	sh image_build/install-debian-packages.sh run
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(VENV)/.run
	sh image_build/install-debian-packages.sh test
	touch $@

$(VENV)/.long: $(VENV)/.test
	sh image_build/install-debian-packages.sh long
	touch $@

# Work the lock file out anew, after a change of the dependencies.
lock: $(VENV)/.run
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --no-header --extra dev --extra plot --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-data .attack
