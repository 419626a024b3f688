import { parentPort, workerData } from "node:worker_threads";
import { parsePhpaFile } from "./feeds/phpa-feed.ts";

// The other end of feeds/phpa-feed.ts: a program of its own, since a thread begins with a file.
const { text, file } = workerData as { readonly text: string; readonly file: string };
parentPort?.postMessage(parsePhpaFile(text, file));
