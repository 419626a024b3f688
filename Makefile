# Muster's two commands for a newcomer are `make demo` and `make test`; each does its own set-up.
NODE ?= node
NPM ?= npm
TSC = $(NODE) node_modules/typescript-native/bin/tsc

.PHONY: chaos demo-metrics bench-rehearsal bench-policies help setup build demo test bench check format generate clean

help: ## Show what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	@echo "Installing packages (once)..."
	@$(NPM) ci --no-progress --loglevel=error
	@touch $@

build: setup ## Compile src, test, bench and chaos into build/, and bundle the program
	@$(TSC) -p tsconfig.json
	@$(NODE) scripts/bundle.js

demo: build ## Run the main job on the embedded cluster and queue (no cluster, no AWS account)
	@$(NODE) bin/muster.js demo

demo-metrics: build ## The second act: a PHPA file drives a Deployment by a lag in a metric server
	@$(NODE) bin/muster.js demo metrics

test: build ## Run every test (those that need a server which is not installed say so and are skipped)
	@$(NODE) scripts/test.js

generate: setup ## Rewrite the generated files (source registry, CRDs, docs)
	@$(NODE) scripts/generate-registry.js
	@$(TSC) -p tsconfig.json
	@$(NODE) build/src/generate.js
	@$(NODE) scripts/install-manifest.js
	@$(NODE) scripts/metrics-page.js

check: build ## Format, lint, types, dependency direction, generated files up to date
	@node_modules/.bin/biome ci --colors=off --error-on-warnings
	@$(TSC) -p src/core/tsconfig.json
	@node_modules/.bin/depcruise --config .dependency-cruiser.cjs src test $(wildcard bench chaos)
	@$(NODE) scripts/generate-registry.js --check
	@$(NODE) build/src/generate.js --check
	@$(NODE) scripts/install-manifest.js --check
	@$(NODE) scripts/metrics-page.js --check

bench: build ## Measure speed and cost against a real API server (ROW=wake,idle OBJECTS=100; needs KUBEBUILDER_ASSETS)
	@$(NODE) build/bench/run.js $(if $(ROW),--row $(ROW)) $(if $(OBJECTS),--objects $(OBJECTS))

bench-rehearsal: build ## Measure how fast policies are rehearsed (TRACE=worldcup98-per-minute.csv.gz)
	@$(NODE) build/bench/rehearsal/run.js $(if $(TRACE),--worldcup $(TRACE))

bench-policies: build ## Rehearse the drain rule against other policies (TRACES=folder of recorded arrivals, ONLY=part of a name)
	@$(NODE) build/bench/policies/run.js $(if $(TRACES),--traces $(TRACES)) $(if $(ONLY),--only $(ONLY)) $(if $(SAVE),--save $(SAVE))

chaos: build ## Do faults to the real program: kill, freeze, slow servers (ONLY=killed-leader ROUNDS=20; needs KUBEBUILDER_ASSETS)
	@$(NODE) build/chaos/run.js $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

format: setup ## Format and fix what can be fixed
	@node_modules/.bin/biome check --write

clean: ## Remove what was built
	rm -rf build node_modules
