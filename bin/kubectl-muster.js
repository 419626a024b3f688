#!/usr/bin/env node
// kubectl runs this as `kubectl muster`, wherever it is in PATH.
process.env.MUSTER_PROGRAM = "kubectl muster";
await import("./muster.js");
