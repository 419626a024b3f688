#!/usr/bin/env node
// kubectl (1.26 and later) asks this what may follow `kubectl muster`.
process.argv.splice(2, 0, "complete", "--");
await import("./muster.js");
