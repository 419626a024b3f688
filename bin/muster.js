#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=4 --heap-growing-percent=40 --initial-old-space-size=48 --optimize-for-size
// A process that mostly waits should save memory rather than time (see bench/README.md): short-lived objects get 4 MB for each
// half of their space, and the old ones are collected when they have grown by 40 %, not when there are four times as many;
// first at 48 MB, so that a start with a thousand autoscalers is not spent on collecting what stays. Optimizing for size lets
// V8 collect an idle heap, which Node 24 does after 100 s at the earliest. One arena of malloc keeps for later what one thread
// freed, not what each of eight did.
import { existsSync } from "node:fs";

const program = new URL("../build/muster/main.js", import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write("expected build/muster, which `make build` writes: run it first\n");
  process.exitCode = 2;
}
