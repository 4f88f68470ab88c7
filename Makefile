# All of it happens in a virtual environment of its own; `make` alone says what there is.
PYTHON  ?= python3
VENV    ?= .venv
BIN     := $(VENV)/bin
INSTALL  = $(BIN)/python -m pip install -qq --disable-pip-version-check --editable
PEERS   := sip-tester sipsak baresip-core kamailio kamailio-sqlite-modules sqlite3 tshark chromium
SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT     := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/core  ## a call through a proxy: the ladder here; SVG, capture and trace in build/demo
	@mkdir -p build/demo && cd build/demo && $(abspath $(BIN))/sipsim run ozeki --seed 7 \
		--ladder call.svg --save call.pcap --save call.jsonl
	@printf '%s\n' '' 'In build/demo: call.svg for a browser, call.pcap for Wireshark, call.jsonl for sipsim itself.' \
		'Try next:' '  $(BIN)/sipsim list' '  $(BIN)/sipsim run lost-200' \
		'  $(BIN)/sipsim run ozeki --network udp' '  $(BIN)/sipsim ladder build/demo/call.pcap' '  make lab'

test: $(VENV)/all  ## every test, on all cores; those that lack a program or a sample are named at the end
	$(BIN)/python -m pytest -n auto --no-loadscope-reorder --max-worker-restart=0

lab: $(VENV)/all  ## JupyterLab with the lessons, LAB=--no-browser and the like
	$(BIN)/jupyter lab $(LAB) notebooks

check: $(VENV)/all  ## lint, types, notebooks free of outputs; then the lines of each room
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb
	@for room in sipsim/*/; do echo "$$(find $$room -name '*.py' -exec cat {} + | wc -l) $$room"; done | column -t

bench: $(VENV)/all  ## speed and memory, beside a bare floor and beside others
	$(BIN)/python -m bench

fuzz: $(VENV)/all  ## property tests alone, EXAMPLES=100000 new examples each
	$(BIN)/python -m pytest --fuzz $(or $(EXAMPLES),100000)

soak: $(VENV)/all  ## random runs with faults, N=10000 of them; SEED=4711 shows that one
	PYTHONPATH=tests $(BIN)/python -m campaign $(if $(SEED),--seed $(SEED),--runs $(or $(N),10000) --start $(or $(START),0))

docs: $(VENV)/docs  ## screenshots; the pages and the lessons, run, as a site in build/docs
	$(BIN)/python docs/screenshots.py
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . build/docs
	@echo 'Open build/docs/docs/index.html'

peers:  ## the programs of others that tests talk to, from Debian's packages
	@missing=$$(for name in $(PEERS); do dpkg -s $$name 2>&1 | grep -q '^Status: install ok' || echo $$name; done); \
	if [ "$$missing" ]; then $(APT) update && $(APT) install -y --no-install-recommends $$missing; fi

$(VENV)/core: pyproject.toml
	$(PYTHON) -m venv $(VENV) && $(INSTALL) . && touch $@
$(VENV)/all: pyproject.toml
	$(PYTHON) -m venv $(VENV) && $(INSTALL) '.[test,jupyter]' && touch $@ $(VENV)/core
$(VENV)/docs: $(VENV)/all
	$(INSTALL) '.[docs,jupyter]' && touch $@

.PHONY: help demo test lab check bench fuzz soak docs peers
