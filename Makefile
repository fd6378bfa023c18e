# The commands of the house. On a machine with Python 3.11 or newer and nothing else, each does everything it needs:
# a private environment in .venv, pinned versions, no sudo.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)) python3)
TORCH ?= default
VERSIONS ?= pinned
LAB_ARGS ?=
TAG ?=
IN_VENV := $(if $(filter Windows_NT,$(OS)),Scripts/python.exe,bin/python)
VENV := .venv/$(IN_VENV)
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
SETUP := $(PYTHON) course/publishing/environment.py --torch $(TORCH) --versions $(VERSIONS)

.PHONY: help lab test quick notebooks portable links site page colab downloads checkpoint record lint bench dist
.DEFAULT_GOAL := help

help:  ## say what there is to make
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18
	@echo
	@echo "TORCH=cpu takes PyTorch without CUDA; LAB_ARGS=... is handed to JupyterLab; PYTHON=... names the Python to build on;"
	@echo "VERSIONS=oldest-torch or newest takes other versions than those with which the lessons' outputs were made."

lab:  ## open JupyterLab at lesson 0
	@$(SETUP) course
	@exec $(VENV) -m jupyterlab $(AS_ROOT) --ServerApp.root_dir=. \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_ARGS)

test:  ## run every test, every lesson, and the lessons in a real browser
	@$(SETUP) test
	@$(VENV) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --nbval tests notebooks/

quick:  ## run the tests that need no browser, no notebook and no training: under a minute
	@$(SETUP) test
	@$(VENV) -m pytest -n 2 -p no:nbval -q -m "not slow" tests

notebooks:  ## build the lessons that changed: course/lessons/ -> notebooks/, executed
	@$(SETUP) test
	@$(VENV) -m course.publishing.build $(NAMES)

portable:  ## run the lessons as other processors would: make portable NAMES="06 07"
	@$(SETUP) test
	@$(VENV) -m course.publishing.portable $(NAMES)

links:  ## write the project's address into every badge: make links REPO=owner/name
	@$(SETUP) test
	@$(VENV) -m course.publishing.links $(if $(REPO),"$(REPO)")

site:  ## build the web site of the course: build/site
	@$(SETUP) test
	@$(VENV) -m course.site

page:  ## build the first lessons as a page in which Python runs: build/page/site
	@$(SETUP) page
	@.venv/page/$(IN_VENV) -m course.jupyterlite.build

colab:  ## run every lesson with the versions that Google Colab ships
	@$(SETUP) test
	@COLAB_LESSONS=all $(VENV) -m pytest -n 2 tests/colab

downloads:  ## ask the sources of all downloads whether they still have what the manifest promises
	@$(SETUP) course
	@$(VENV) -m course.publishing.downloads $(NAMES)

checkpoint:  ## train the small GPTs that ship in data/ again: seventeen minutes; NAMES=sums-gpt for one of them
	@$(SETUP) course
	@$(VENV) -m course.checkpoint $(NAMES)

record:  ## train again what lessons 13, 14 and 16 compare, into data/: an hour and three quarters of one processor; goes on where it was stopped
	@$(SETUP) course
	@$(VENV) -m benchmarks.record_modern_switches
	@$(VENV) -m benchmarks.record_tuning
	@$(VENV) -m benchmarks.record_own_gpt

lint:  ## look for faults that need no run
	@$(SETUP) test
	@$(VENV) -m ruff check . && $(VENV) -m ruff format --check . && $(VENV) -m mypy

bench:  ## measure what was promised, beside other people's programs
	@$(SETUP) bench
	@$(VENV) -m benchmarks.run $(NAMES)

dist:  ## build what a release publishes, into build/dist, check it, and run the quick tests with it
	@$(SETUP) test
	@$(SETUP) dist
	@rm -rf build/dist
	@.venv/dist/$(IN_VENV) -m build --outdir build/dist
	@.venv/dist/$(IN_VENV) -m twine check --strict build/dist/*
	@$(VENV) -m course.release build/dist $(if $(TAG),--tag "$(TAG)")
