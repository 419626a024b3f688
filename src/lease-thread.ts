import { parentPort, workerData } from "node:worker_threads";
import { keepLease, type LeaseWork } from "./kubernetes/lease/keep-lease.ts";

// The other end of kubernetes/lease/threaded-leadership.ts: a program of its own, since a thread begins with a file.
if (parentPort === null) throw new Error("expected to run as a thread of muster run");
await keepLease(parentPort, workerData as LeaseWork);
