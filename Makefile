SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Nothing but download caches is written outside the checkout, and the caller's Python stays out.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
export UV_PYTHON_INSTALL_DIR := $(CURDIR)/.local/python
export __SAM_CLI_APP_DIR := $(CURDIR)/.local/sam-settings
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

HOST_ARCH := $(subst aarch64,arm64,$(shell uname -m))
ARCH ?= $(HOST_ARCH)
ifeq ($(filter x86_64 arm64,$(ARCH)),)
$(error ARCH is $(ARCH), but Lambda runs on x86_64 or arm64)
endif
export LABELLOOP_ARCH := $(ARCH)

# A Python 3.13 that really runs: on PATH there may be the shim of a version manager that has none.
PYTHON := $(shell for python in python3.13 "$$HOME"/.pyenv/versions/3.13.*/bin/python3.13; do \
	"$$python" -c "import venv" 2>/dev/null && echo "$$python" && break; done)
UV_PIN := 0.13.9
UV := $(or $(shell command -v uv),.local/uv/bin/uv)

VENV := .venv/.stamp
SAM := .local/sam/.stamp
EMULATOR := .local/emulator/.stamp
AUDIT := .local/audit/.stamp
LAMBDA := .local/lambda/.stamp
BUILT := .aws-sam/built-$(ARCH)
LAYERS := runtime serving training encoder encoder-build image_encoder image_encoder-build
PEERS := .local/peers
LABEL_STUDIO := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/labelloop/label-studio-1.23.2
EXPORT = $(UV) export --quiet --frozen --no-header --no-annotate --only-group

.PHONY: help
help: ## say what there is
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

# ── Every day ────────────────────────────────────────────────────────────────────────────────────
.PHONY: check cli test e2e reliability build build-all up demo bench bench-labels bench-kinds
check: $(VENV) $(SAM) $(AUDIT) containers ## lint, types, template, security, lock file
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.local/sam/bin/sam validate --lint
	.local/sam/bin/sam validate --lint --template template.containers.yaml
	.local/audit/bin/hadolint layers/Dockerfile
	.local/audit/bin/bandit --quiet --configfile pyproject.toml --recursive functions layers shared
	.local/audit/bin/checkov --config-file .checkov.yaml
	$(UV) lock --check
	@for layer in $(LAYERS); do \
	  $(EXPORT) $$layer | diff -u layers/$$layer/requirements.txt - \
	  || { echo "layers/$$layer/requirements.txt is not what uv.lock says: run make layers"; exit 1; }; done

cli: $(VENV) ## the command labelloop, out of this folder
	@.venv/bin/labelloop --version
	@echo 'It is .venv/bin/labelloop. For this shell: export PATH="$(CURDIR)/.venv/bin:$$PATH"'

test: $(BUILT) $(EMULATOR) ## all tests, the whole system on the local stack among them
	OMP_NUM_THREADS=1 .venv/bin/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

e2e: $(BUILT) $(EMULATOR) ## the whole loop beside a real Label Studio, and in a browser; takes minutes
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
	  && apt-get install -y -qq --no-install-recommends chromium; } \
	  || { echo "No chromium on PATH: install it (on Debian: apt-get install chromium)." >&2; exit 1; }
	@UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --quiet --frozen --inexact --only-group e2e
	@UV_PROJECT_ENVIRONMENT=$(LABEL_STUDIO) $(UV) sync --quiet --frozen --only-group label-studio \
	  --python $(or $(PYTHON),3.13)
	LABEL_STUDIO_VENV=$(LABEL_STUDIO) .venv/bin/pytest -m e2e -p no:randomly tests/e2e $(ARGS)

reliability: $(BUILT) $(EMULATOR) $(AUDIT) ## faults, races, bad input and load, in full size; takes half an hour
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq wrk; } \
	  || { echo "No wrk on PATH: install it (on Debian: apt-get install wrk)." >&2; exit 1; }
	RELIABILITY_LONG=1 .venv/bin/pytest -m "not e2e" tests/reliability $(ARGS)

build: $(BUILT) ## functions and layers, for ARCH=x86_64 or arm64; checks Lambda's limits

build-all: ## build and check for both processors, this machine's last
	@for arch in $(filter-out $(HOST_ARCH),x86_64 arm64) $(HOST_ARCH); do $(MAKE) build ARCH=$$arch; done

up: $(BUILT) $(EMULATOR) ## run it all here, for a Label Studio to connect to: LABEL_STUDIO_URL=http://127.0.0.1:8080
	@.venv/bin/python -m labelloop.local.up $(if $(LABEL_STUDIO_URL),--label-studio '$(LABEL_STUDIO_URL)') $(ARGS)

demo: $(BUILT) $(EMULATOR) ## watch it learn: a simulated annotator, real data, active against random
	@.venv/bin/python -m labelloop.local.demo $(ARGS)

bench: $(BUILT) $(EMULATOR) $(LAMBDA) ## how fast: each part against the bare work, ratios on one core
	PYTHONPATH=.:shared:.aws-sam/build/EncoderLayer/python OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  .venv/bin/python -m tests.bench $(ARGS)

bench-labels: $(BUILT) ## how few labels: against TF-IDF, and against the strategies of four libraries
	@test -d /usr/share/datasets/fashion-mnist || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
	  && apt-get install -y -qq --no-install-recommends dataset-fashion-mnist; } || true
	@UV_PROJECT_ENVIRONMENT=$(PEERS) $(UV) sync --quiet --frozen --only-group peers \
	  --python $(or $(PYTHON),3.13)
	@rm -rf $(PEERS)/lib/python3.13/site-packages/tests # a library's own, in the place of ours
	PYTHONPATH=.:shared:.aws-sam/build/EncoderLayer/python OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  $(PEERS)/bin/python -m tests.bench.labels $(ARGS)

bench-kinds: $(BUILT) $(EMULATOR) ## how few labels of each kind of labelling: against baselines, and random order
	@UV_PROJECT_ENVIRONMENT=$(PEERS) $(UV) sync --quiet --frozen --only-group peers \
	  --python $(or $(PYTHON),3.13)
	@rm -rf $(PEERS)/lib/python3.13/site-packages/tests # a library's own, in the place of ours
	PYTHONPATH=.:shared:.aws-sam/build/EncoderLayer/python OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  $(PEERS)/bin/python -m tests.bench.kinds $(ARGS)

# ── Now and then ─────────────────────────────────────────────────────────────────────────────────
.PHONY: setup layers vendor containers deploy clean
setup: $(VENV) $(SAM) $(EMULATOR) $(AUDIT) ## install the tools; every other target does what it needs of this

layers: $(VENV) ## lock the layers' requirements again, after a change of pyproject.toml
	$(UV) lock
	for layer in $(LAYERS); do $(EXPORT) $$layer --output-file layers/$$layer/requirements.txt >/dev/null; done

ASSETS := shared/labelloop/pages/assets
vendor: ## fetch what the pages load from npm again; its checksums must be those of SHA256SUMS
	@rm -rf .local/vendor && mkdir -p .local/vendor
	cd .local/vendor && npm pack --silent @picocss/pico@2.1.1 htmx.org@4.0.1 >/dev/null \
	  && for pack in *.tgz; do tar -xzf "$$pack" --transform "s,^package,$${pack%.tgz}," ; done
	cp .local/vendor/picocss-pico-2.1.1/css/pico.classless.min.css $(ASSETS)/
	cp .local/vendor/htmx.org-4.0.1/dist/htmx.min.js $(ASSETS)/
	cd $(ASSETS) && sha256sum --check --strict SHA256SUMS

containers: $(VENV) ## write the template with container functions, for more than 250 MB: RUNBOOK.md, Containers
	.venv/bin/python layers/containers.py template.yaml template.containers.yaml

# What is given here stands in place of all answers that samconfig.toml holds: so they are given, too.
ANSWERED := import tomllib; asked = tomllib.load(open("samconfig.toml", "rb"))["default"]["deploy"]; \
	saved = asked["parameters"].get("parameter_overrides", ""); \
	print(saved if isinstance(saved, str) else " ".join(saved))

deploy: $(BUILT) ## to your AWS account, asking for the settings
	.local/sam/bin/sam deploy --guided --parameter-overrides \
	  "$$(.venv/bin/python -c '$(ANSWERED)') Architecture=$(ARCH)"

clean: ## remove what make made, but not the local stack's models and credentials (.local/state)
	rm -rf .aws-sam .venv .local/{audit,emulator,lambda,peers,python,sam,sam-settings,uv} .{hypothesis,mypy,pytest,ruff}*_cache

# ── What they need ───────────────────────────────────────────────────────────────────────────────
# A folder's date changes with what is in it, so that a deleted file counts too. samconfig.toml is not
# among them: each deploy writes its answers there, and they change nothing of what is built.
SOURCES := template.yaml $(shell find functions layers shared -mindepth 1 \
	\( -name __pycache__ -o -name local \) -prune -o -print)

# One build at a time, and none while the local stack uploads it (see local/stack.py).
LOCK := $(if $(shell command -v flock),flock .local/build.lock)

$(BUILT): $(SOURCES) $(VENV) $(SAM)
	@rm -f .aws-sam/built-*
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(LOCK) .local/sam/bin/sam build --parameter-overrides Architecture=$(ARCH)
	$(LOCK) .venv/bin/python layers/check.py .aws-sam/build $(ARCH)
	@touch $@

# SAM, the emulator and checkov pin what we use: each gets an environment of its own.
$(VENV): GROUP := dev
$(SAM): GROUP := sam
$(EMULATOR): GROUP := emulator
$(AUDIT): GROUP := audit
$(LAMBDA): GROUP := lambda
$(VENV) $(SAM) $(EMULATOR) $(AUDIT) $(LAMBDA): pyproject.toml uv.lock | $(UV)
	@echo "installing $(@D)"
	@UV_PROJECT_ENVIRONMENT=$(@D) $(UV) sync --quiet --frozen --only-group $(GROUP) \
	  --python $(or $(PYTHON),3.13) || { $(UV) python find 3.13 >/dev/null 2>&1 \
	  || echo "No Python 3.13 here, and none could be fetched: install it and try again." >&2; exit 1; }
	@touch $@

.local/uv/bin/uv:
	@echo "installing uv into .local/uv"
	@$(or $(PYTHON),python3) -m venv .local/uv || { echo "Install uv: https://docs.astral.sh/uv" >&2; exit 1; }
	@.local/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_PIN)
