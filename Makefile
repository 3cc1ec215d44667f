PYTHON ?= python3
export Q PORT
V = .venv/bin
DATA ?= ../shared/data

.PHONY: ask app eval test check lock fit punkt gate baseline
.DEFAULT_GOAL := ask

ask: .venv/ready  ## make ask Q="Who founded it?"
	@$(V)/sco-qa ask -- "$$Q"

app: .venv/ready  ## the chat page
	@$(V)/python app.py

eval: .venv/ready  ## how good the answers are
	@$(V)/sco-qa eval

gate: .venv/ready  ## fail if a headline figure fell below evals/baseline.json
	@$(V)/sco-qa eval --gate

baseline: .venv/ready  ## accept the present figures
	@$(V)/sco-qa eval --accept

test: .venv/ready  ## all the fast tests
	@$(V)/python -m pytest

check: .venv/ready  ## formatting, lint and types
	@$(V)/ruff format --check . && $(V)/ruff check . && $(V)/mypy

fit: .venv/ready  ## choose the weights and fit the confidence on the training collections
	@$(V)/python -m sco_qa.training.fit $(DATA)

punkt: .venv/ready  ## train the sentence splitter
	@$(V)/python -m sco_qa.training.punkt $(DATA)

lock: .venv/ready  ## pin what is installed now
	$(V)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  --extra dev --output-file requirements.lock pyproject.toml requirements.in
	sed -i.bak 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock && rm requirements.lock.bak

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "sco-qa: setting up .venv (once; several minutes) …" >&2
	@$(PYTHON) -m venv .venv >&2
	@$(V)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock >&2
	@$(V)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . >&2
	@touch .venv/ready
