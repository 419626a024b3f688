#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=40 --initial-old-space-size=48
// A process that mostly waits should save memory rather than time (see bench/README.md): short-lived objects get 4 MB for each
// half of their space, and the old ones are collected when they have grown by 40 %, not when there are four times as many;
// first at 48 MB, so that a start with a thousand autoscalers is not spent on collecting what stays.
import { existsSync } from "node:fs";

const program = new URL("../build/muster/main.js", import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write("expected build/muster, which `make build` writes: run it first\n");
  process.exitCode = 2;
}
