#!/usr/bin/env -S node --max-semi-space-size=4
// Short-lived objects get 4 MB: more makes nothing faster here and stays resident (see bench/README.md).
import "../build/src/main.js";
