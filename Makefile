# Muster's two commands for a newcomer are `make demo` and `make test`; each does its own set-up.
NODE ?= node
NPM ?= npm

.DEFAULT_GOAL := help

# The lowest Node that runs this project is 22.22 (package.json, "engines"). Where the one in PATH is older, `make` installs
# this one from the npm registry into node_modules and runs everything with it.
PINNED_NODE = 24.22.3
NODE_FITS := $(shell $(NODE) -p 'var v=process.versions.node.split(".");v[0]>=24||(v[0]==22&&v[1]>=22)')
ifneq ($(NODE_FITS),true)
PLATFORM := $(shell $(NODE) -p 'process.platform+"-"+process.arch')
NODE_PACKAGE := $(if $(filter darwin-arm64,$(PLATFORM)),node-bin,node)-$(PLATFORM)
override NODE := $(CURDIR)/node_modules/$(NODE_PACKAGE)/bin/node
export PATH := $(dir $(NODE)):$(PATH)
setup: $(NODE)
$(NODE): node_modules/.package-lock.json
	@echo "Installing Node $(PINNED_NODE), as the one in PATH is too old..."
	@$(NPM) install --no-save --engine-strict=false --no-progress --loglevel=error $(NODE_PACKAGE)@$(PINNED_NODE)
	@touch $@ node_modules/.package-lock.json
endif

TSC = $(NODE) node_modules/typescript-native/bin/tsc

.PHONY: help setup build types docs demo demo-metrics demo-jobs test image bench bench-rehearsal bench-policies bench-forecast chaos krew check format generate clean

help: ## Show what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	@echo "Installing packages (once)..."
	@$(NPM) ci --engine-strict=false --no-progress --loglevel=error
	@touch $@

build: setup ## Bundle the program and the library into build/muster
	@$(NODE) scripts/bundle.js

types: setup ## Write the library's type declarations into build/types
	@$(TSC) -p tsconfig.types.json

docs: ## Build the documentation site into build/site, and check each of its links
	@cd site && { [ -d node_modules ] || $(NPM) ci --engine-strict=false --no-progress --loglevel=error; } && $(NPM) run --silent build

demo: build ## Run the main job on the embedded cluster and queue (no cluster, no AWS account)
	@$(NODE) bin/muster.js demo

demo-metrics: build ## The second act: a PHPA file drives a Deployment by a lag in a metric server
	@$(NODE) bin/muster.js demo metrics

demo-jobs: build ## The third act: Jobs work on a burst of messages, one each, and end by themselves
	@$(NODE) bin/muster.js demo jobs

test: build types ## Run every test, or those whose path has a word (ONLY="sources/sqs e2e/many"); what needs a missing server is skipped
	@$(NODE) scripts/test.js $(ONLY)

generate: setup ## Rewrite the generated files (source registry, CRDs, docs)
	@$(NODE) scripts/generate-registry.js
	@$(NODE) src/generate.ts
	@$(NODE) scripts/prometheus-rule.js
	@$(NODE) scripts/dashboards.ts
	@$(NODE) scripts/chart.js
	@$(NODE) scripts/metrics-page.js
	@$(NODE) scripts/reference.ts
	@$(NODE) scripts/llms.js

check: setup ## Format, lint, types, dependency direction, lock file, generated files up to date
	@node_modules/.bin/biome ci --colors=off --error-on-warnings
	@$(TSC) -p tsconfig.json
	@$(TSC) -p src/core/tsconfig.json
	@$(TSC) -p src/engine/tsconfig.json
	@$(TSC) -p web/tsconfig.json
	@node_modules/.bin/depcruise --config .dependency-cruiser.cjs src packages test bench chaos
	@$(NODE) scripts/check-lock-file.js
	@$(NODE) scripts/generate-registry.js --check
	@$(NODE) src/generate.ts --check
	@$(NODE) scripts/prometheus-rule.js --check
	@$(NODE) scripts/dashboards.ts --check
	@$(NODE) scripts/chart.js --check
	@$(NODE) scripts/metrics-page.js --check
	@$(NODE) scripts/reference.ts --check
	@$(NODE) scripts/llms.js --check

image: setup ## Build the controller's image by docker or buildah (IMAGE=registry.example.com/muster:0.1.0 ARCH="amd64 arm64")
	@scripts/image.sh $(ARCH)

bench: build ## Measure speed and cost against a real API server (ROW=wake,idle OBJECTS=100; needs KUBEBUILDER_ASSETS)
	@$(NODE) bench/run.ts $(if $(ROW),--row $(ROW)) $(if $(OBJECTS),--objects $(OBJECTS))

bench-rehearsal: build ## Measure how fast policies are rehearsed (TRACE=worldcup98-per-minute.csv.gz)
	@$(NODE) bench/rehearsal/run.ts $(if $(TRACE),--worldcup $(TRACE))

bench-policies: build ## Rehearse the drain rule against other policies (TRACES=folder of recorded arrivals, HELD_OUT=1, ONLY=part of a name, RULES=, SEEDS=, DAYS=)
	@$(NODE) bench/policies/run.ts $(if $(TRACES),--traces $(TRACES)) $(if $(HELD_OUT),--held-out) $(if $(ONLY),--only $(ONLY)) $(if $(RULES),--rules $(RULES)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(DAYS),--days $(DAYS)) $(if $(SAVE),--save $(SAVE))

bench-forecast: build ## Rehearse the drain rule with and without its forecast (TRACES=folder of recorded arrivals, ONLY=part of a name, SEEDS=, SAVE=)
	@$(NODE) bench/policies/forecast.ts $(if $(TRACES),--traces $(TRACES)) $(if $(ONLY),--only $(ONLY)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SAVE),--save $(SAVE))

chaos: build ## Do faults to the real program: kill, freeze, slow servers (ONLY=killed-leader ROUNDS=20; needs KUBEBUILDER_ASSETS)
	@$(NODE) chaos/run.ts $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

krew: build ## Pack the kubectl plugin and its krew manifest into build/krew (URL=where the archive will be)
	@$(NODE) scripts/krew.js $(URL)

format: setup ## Format and fix what can be fixed
	@node_modules/.bin/biome check --write

clean: ## Remove what was built
	rm -rf build node_modules
