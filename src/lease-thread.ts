import { parentPort } from "node:worker_threads";
import { keepLease, type LeaseWork } from "./kubernetes/lease/keep-lease.ts";

// The other end of kubernetes/lease/threaded-leadership.ts: a program of its own, since a thread begins with a file.
const port = parentPort;
if (port === null) throw new Error("expected to run as a thread of muster run");
port.once("message", (work: LeaseWork) => void keepLease(port, work));
