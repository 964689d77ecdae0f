# LandmarkDiff: everything a fresh machine needs. `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
# Errors alone: pip's warnings would stand among the program's own words.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e
OUT ?= out/preview
PORTRAITS = --generate --procedure rhinoplasty $$($(BIN)/python -c "from landmarkdiff import \
	weights; print(weights.obtain('astronaut'), weights.obtain('grace_hopper'))")
CONFIG ?= configs/smoke.yaml
.DEFAULT_GOAL := help

.PHONY: help preview evaluate train test debian lint format bench app docs sbom constraints images clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

preview: $(VENV)/.base  ## install, fetch the models and run the main job on a real portrait
	@$(BIN)/landmarkdiff weights pull
	@$(BIN)/landmarkdiff demo --out $(OUT)

evaluate: $(VENV)/.eval  ## evaluate the warp on two portraits, or what ARGS='--pred DIR' names
	@$(BIN)/landmarkdiff weights pull
	@$(BIN)/landmarkdiff evaluate $(or $(ARGS),$(PORTRAITS)) --out out/evaluation

test:  ## install what the tests need and run all checks
	@$(MAKE) -s --no-print-directory -j 2 $(VENV)/.dev debian
	@$(BIN)/landmarkdiff weights pull
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n auto --durations=20

debian: | $(VENV)/bin/python
	@sh scripts/debian_packages.sh strace chromium chromium-headless-shell nginx-light

lint: $(VENV)/.dev  ## style, types and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config tests/importlinter.ini

format: $(VENV)/.dev  ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## measure speed, landmarks and fidelity on this machine
	@$(BIN)/landmarkdiff weights pull
	$(BIN)/python benchmarks/preview.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/landmarks.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/head.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/contours.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/light.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/fidelity.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/data.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/live.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/viewer.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/app.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/postprocess.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/evaluation.py --markdown docs/reference/benchmarks.md
	$(BIN)/python benchmarks/diffusion.py --estimate --batches 1 8 --markdown docs/reference/benchmarks.md

app: $(VENV)/.app  ## start the browser app; ARGS='--port 8000' adds options
	@$(BIN)/landmarkdiff weights pull
	@exec $(BIN)/landmarkdiff app $(ARGS)

train: $(VENV)/.train  ## train the network; CONFIG=configs/phase_a.yaml, ARGS='--resume latest'
	@$(BIN)/landmarkdiff train --config $(CONFIG) $(ARGS)

docs: $(VENV)/.docs  ## build the documentation as a site: out/site/index.html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/site
	@echo "The site is out/site/index.html"

sbom: $(VENV)/.dev  ## list every installed package with version and licence: out/sbom.json
	@mkdir -p out
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-file out/sbom.json $(BIN)/python

constraints: $(VENV)/.dev  ## write the versions installed here, and the hashes of their files
	$(BIN)/python scripts/make_constraints.py
	$(BIN)/python scripts/make_hashes.py

images:  ## pin the base images of the containers by digest, as Docker finds them
	@python3 scripts/pin_images.py

clean:  ## remove the environment and what was built
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@sh scripts/make_venv.sh $(VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing the program"
	@$(INSTALL) .
	@touch $@

$(VENV)/.app: $(VENV)/.base
	@echo "Installing the app"
	@$(INSTALL) '.[app]'
	@touch $@

$(VENV)/.train: $(VENV)/.base
	@echo "Installing what training needs"
	@$(INSTALL) '.[train]'
	@touch $@

$(VENV)/.docs: $(VENV)/.base
	@echo "Installing what builds the documentation"
	@$(INSTALL) '.[docs]'
	@touch $@

$(VENV)/.eval: $(VENV)/.base
	@echo "Installing what evaluates"
	@$(INSTALL) '.[eval]'
	@touch $@

# All of the above in one go. pip compiles on one processor, which takes a minute here; what cannot
# be compiled is nobody's module. What nearly nobody imports, two fifths of it all, is compiled where
# it is first imported.
RARE := /tests?/|/(ray|networkx|mypyc?|transformers/models|diffusers/pipelines|torch/_inductor)/
$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what the tests need"
	@$(INSTALL) '.[dev]' --no-compile
	@$(BIN)/python -m compileall -qq -j 0 -x '$(RARE)' $(VENV)/lib >/dev/null 2>&1 || true
	@touch $(VENV)/.base $(VENV)/.app $(VENV)/.train $(VENV)/.docs $(VENV)/.eval $@
