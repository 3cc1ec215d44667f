PYTHON ?= python3
export Q PORT
V = .venv/bin
DATA ?= ../shared/data
OUT ?= trained
CACHE ?= .bench-scale

.PHONY: ablate app ask baseline baseline-speed bench bench-scale bench-speed bench-web check eval fit gate gate-speed load lock milvus punkt reader-scores test torture train
.DEFAULT_GOAL := ask

ask: .venv/ready  ## make ask Q="Who founded it?"
	@$(V)/sco-qa ask -- "$$Q"

app: .venv/ready  ## the chat page
	@$(V)/python app.py

eval: .venv/ready  ## how good the answers are
	@$(V)/sco-qa eval

gate: .venv/ready  ## fail if a headline figure fell below evals/baseline.json
	@$(V)/sco-qa eval --gate

gate-speed: .venv/ready  ## fail if start, a question or memory grew beside the tutorial pipeline in the same run
	@$(V)/python evals/bench/speed.py --gate

baseline-speed: .venv/ready  ## accept the present ratios, on a machine with nothing else to do
	@$(V)/python evals/bench/speed.py --accept

baseline: .venv/ready  ## accept the present figures
	@$(V)/sco-qa eval --accept

test: .venv/ready  ## all the fast tests
	@$(V)/python -m pytest

torture: .venv/ready  ## what an index must outlive: kills, broken files, a full disk, 10,000 documents (half an hour)
	@$(V)/python -m tests.torture

check: .venv/ready  ## formatting, lint and types
	@$(V)/ruff format --check . && $(V)/ruff check . && $(V)/mypy

fit: .venv/ready  ## choose the weights and fit the confidence on the training collections
	@$(V)/python -m sco_qa.training.fit $(DATA)

punkt: .venv/ready  ## train the sentence splitter
	@$(V)/python -m sco_qa.training.punkt $(DATA)

train: .venv/ready  ## train the reader (make train DATA=folder OUT=folder), hours without a graphics card
	@$(V)/python -m sco_qa.training.reader $(DATA) $(OUT)

reader-scores: .venv/ready  ## the reader alone, on the held-out paragraphs (FP32=folder: beside full precision)
	@$(V)/python -m sco_qa.evaluation.reading $(DATA) $(FP32)

bench: .venv/ready .venv-bench/ready  ## beside other systems, in one run; writes docs/bench.md
	@$(V)/python evals/bench/compare.py .venv-bench/bin/python

bench-speed: .venv/ready .venv-bench/ready  ## speed beside other systems, in turn; writes docs/speed.md
	@$(V)/python evals/bench/speed.py .venv-bench/bin/python

bench-scale: .venv/ready  ## what a million passages cost (CACHE=folder keeps what was encoded); writes docs/scale.md
	@$(V)/python evals/bench/scale.py $(DATA) --cache $(CACHE)

bench-web: .venv/ready  ## how fast the page is, on a machine with nothing else to do (three minutes)
	@$(V)/python -m tests.web.benchmark

milvus: .venv/ready  ## the gold questions to both indexes, FAISS and Milvus
	@$(V)/python evals/bench/backends.py

load: .venv/ready  ## questions a second of one and two workers over one Milvus Lite server; writes docs/milvus.md (four minutes)
	@$(V)/python -m tests.web.load

ablate: .venv/ready  ## what each part is worth; writes docs/ablations.md
	@$(V)/sco-qa eval --ablate

lock: .venv/ready  ## pin what is installed now
	$(V)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  --extra dev --extra milvus --output-file requirements.lock pyproject.toml requirements.in
	$(V)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  --output-file evals/bench/requirements.lock evals/bench/requirements.in
	sed -i.bak 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock evals/bench/requirements.lock
	rm requirements.lock.bak evals/bench/requirements.lock.bak

.venv-bench/ready: evals/bench/requirements.lock
	@$(PYTHON) -m venv .venv-bench >&2
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement $< >&2
	@touch $@

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "sco-qa: setting up .venv (once; several minutes) …" >&2
	@$(PYTHON) -m venv .venv >&2
	@$(V)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock >&2
	@$(V)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . >&2
	@touch $@
