#!/usr/bin/env -S node --max-semi-space-size=1
// Short-lived objects get one megabyte: more makes nothing faster here and stays resident (see bench/README.md).
import "../build/src/main.js";
