#!/usr/bin/env -S node --max-semi-space-size=4
// Short-lived objects get 4 MB for each half of their space: what more takes stays resident (see bench/README.md).
import "../build/muster/main.js";
