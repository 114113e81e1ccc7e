# `make demo` shows the plugin at work, `make test` proves it; CONTRIBUTING.md says what the rest is for.
SHELL := /bin/sh
PY := .venv/bin/python
# Both cores of a small machine; a worker runs its own sandbox.
WORKERS ?= 2
UNIT := tests/python/unit
# What the sandbox alone has to answer for: real clients on its services.
SANDBOX := tests/python/unit/sandbox $(addprefix tests/python/integration/test_,$(addsuffix .py,cluster_autoscaler container_client demo dss_settings gcloud gcs_connection google_services kubectl leftovers recorded_traffic registry sandbox sandbox_faults sandbox_processes storage))
CHECKED := python-lib resource sandbox tools benchmarks
# What takes away, breaks or searches for one thing after the other, and takes longer for it.
PROOFS := $(addprefix tests/python/,integration/test_least_privilege.py integration/secrets chaos)
# DSS loads each component file by itself, so each is checked by itself.
COMPONENTS := $(wildcard python-clusters/*/cluster.py python-runnables/*/runnable.py)

.PHONY: help setup demo sandbox test test-all proofs sandbox-tests unit-tests unit-tests-all integration-tests fuzz chaos mutants spark-test kubernetes-conformance lint format plugin docs iam-role pins clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 30

setup: .venv/.ready ## make .venv with the pinned development tools

.venv/.ready: requirements/dev.txt
	@found=$$(for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	    $$p tools/find_python.py --one 2>/dev/null && break; done); \
	  [ -n "$$found" ] || { echo "make setup needs Python 3.10 to 3.13 on the PATH." >&2; exit 1; }; \
	  $(MAKE) --no-print-directory venv FOLDER=.venv INTERPRETER="$$found"
	@touch $@

.PHONY: venv
venv:
	@echo "Making $(FOLDER) with $(INTERPRETER)"
	@"$(INTERPRETER)" -m venv --clear $(FOLDER) || { echo "The module venv is missing (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(FOLDER)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt

demo: setup ## the story on a terminal: a GKE cluster from a DSS dialog, on the sandbox
	@$(PY) -m sandbox demo

sandbox: setup ## start the sandbox and leave it running until Ctrl-C
	@mkdir -p .sandbox && chmod 700 .sandbox
	@echo "When it is ready: . .sandbox/env in another shell; docs/sandbox.md says what works then. Ctrl-C ends it."
	@$(PY) -m sandbox up --env-file .sandbox/env --state-dir .sandbox/state

test: setup ## the plugin's suite, with the coverage of python-lib
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(addprefix --ignore=,$(SANDBOX) $(PROOFS)) $(UNIT) tests/python/integration --cov=gke_clusters --cov-report=term --cov-fail-under=95

proofs: setup ## the longer proofs: least privilege, secrets, every story under faults and kills
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(PROOFS)

sandbox-tests: setup ## the sandbox's own suite: gcloud, kubectl and other real clients on its services
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(SANDBOX)

unit-tests: setup ## the pure tests
	@$(PY) -m pytest -n $(WORKERS) $(UNIT)

integration-tests: setup ## the tests that run the plugin through the sandbox with real clients
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup tests/python/integration

test-all: SUITE := tests/python/unit tests/python/integration tests/python/chaos
test-all: every-python ## the whole suite on every accepted Python that this machine has

unit-tests-all: SUITE := $(UNIT) --ignore=$(UNIT)/sandbox
unit-tests-all: every-python ## the plugin's pure tests on every accepted Python that this machine has

.PHONY: every-python
every-python: setup
	@set -e; $(PY) tools/find_python.py | while read -r version path; do \
	  folder=.venvs/$$version; \
	  [ $$folder/.ready -nt requirements/dev.txt ] || { $(MAKE) --no-print-directory venv FOLDER=$$folder INTERPRETER="$$path" </dev/null; touch $$folder/.ready; }; \
	  echo "Python $$version"; $$folder/bin/python -m pytest -q -n $(WORKERS) --dist loadgroup $(SUITE) </dev/null; \
	done

EXAMPLES ?= 10000
fuzz: setup ## new examples for each rule, dialogs of any JSON first; EXAMPLES says how many
	@EXAMPLES=$(EXAMPLES) $(PY) -m pytest -q -n $(WORKERS) --timeout 3600 -m hypothesis $(UNIT)

SEEDS ?= 100
chaos: setup ## seeded schedules of stories, faults and kills; SEEDS says how many of each kind, ARGS="--kind pools" which
	@$(PY) -m tests.python.chaos --seeds $(SEEDS) $(ARGS)

mutants: .venvs/mutation/.ready ## small changes of the code that a unit test must notice; ARGS=settings for a part of it
	@.venvs/mutation/bin/python tools/mutants.py --workers $(WORKERS) $(ARGS)

.venvs/mutation/.ready: requirements/dev.txt requirements/mutation.txt | setup
	@$(MAKE) --no-print-directory venv FOLDER=.venvs/mutation INTERPRETER=$(PY)
	@.venvs/mutation/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/mutation.txt
	@touch $@

spark-test: .venvs/spark/.ready ## Spark jobs on a cluster that the plugin started and registered; needs Java 17, installs Spark (318 MB)
	@command -v java >/dev/null || { echo "make spark-test needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)." >&2; exit 1; }
	@.venvs/spark/bin/python -m pytest --timeout 600 tests/python/spark

.venvs/spark/.ready: requirements/dev.txt requirements/spark.txt | setup
	@$(MAKE) --no-print-directory venv FOLDER=.venvs/spark INTERPRETER=$(PY)
	@.venvs/spark/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/spark.txt
	@touch $@

kubernetes-conformance: setup ## one client suite on the embedded and, with KUBEBUILDER_ASSETS, on the real API server
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup tests/python/conformance

lint: setup ## ruff, mypy --strict, import contracts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy $(CHECKED)
	@for component in $(COMPONENTS); do $(PY) -m mypy --allow-untyped-defs --allow-subclassing-any --no-warn-unused-ignores "$$component" || exit 1; done
	@PYTHONPATH=python-lib:. .venv/bin/lint-imports

format: setup ## let ruff rewrite what it can
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

plugin: setup ## build dist/dss-plugin-gke-clusters-<version>.zip
	@$(PY) tools/build_plugin.py

docs: setup ## write docs/troubleshooting.md from the classes of errors
	@$(PY) tools/write_troubleshooting.py

iam-role: setup ## print the custom IAM role with exactly the permissions that the plugin and DSS need
	@$(PY) tools/print_iam_role.py

pins: setup ## renew requirements/*.txt from requirements/*.in (needs uv)
	@uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate --upgrade requirements/dev.in -o requirements/dev.txt
	@uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate --upgrade requirements/mutation.in -o requirements/mutation.txt
	@uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate --upgrade requirements/spark.in -o requirements/spark.txt

clean: ## remove what the other targets made
	@rm -rf dist .venv .venvs .sandbox .mutants .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
