import { Worker } from "node:worker_threads";
import type { Log } from "../controller/log.ts";
import type { Parsed, Problem } from "../core/index.ts";
import { parseFile } from "../formats/formats.ts";
import { PHPA, phpaMemoryAtStart } from "../formats/phpa.ts";
import { WORKER_POD_AUTOSCALER_DEFAULTS } from "../formats/worker-pod-autoscaler.ts";
import type { Feed } from "../kubernetes/ports.ts";
import { shippedPath } from "../shared/shipped.ts";
import { folderFeed } from "./folder-feed.ts";

/** Cheap for a thousand files, and soon enough after an edit. */
const EVERY_SECONDS = 5;

/** Parsed within milliseconds; larger files are parsed in a thread, so that no object waits for them. */
const MOST_CHARACTERS_HERE = 16 * 1024;
/** In seconds; a file that takes longer is refused. */
const LONGEST_PARSE = 20;

/** Autoscalers from a folder (or glob) of PHPA files. */
export function phpaFeed(pattern: string, log: Log): Feed {
  return folderFeed({
    pattern,
    parse: (text, file) =>
      text.length <= MOST_CHARACTERS_HERE ? parsePhpaFile(text, file) : parseInThread(text, file),
    refuse: refuseFile,
    everySeconds: EVERY_SECONDS,
    warn: (message) => log.warn("PHPA files cannot be found", { detail: message }),
  });
}

/** One PHPA file: its autoscaler, remembering that the process has just started, or all that is wrong with it. */
export function parsePhpaFile(text: string, file: string): Parsed {
  const parsed = parseFile(text, file, { ...WORKER_POD_AUTOSCALER_DEFAULTS, environment: process.env });
  if (!("autoscaler" in parsed)) return refuseFile(file, parsed.problems);
  const { autoscaler } = parsed;
  if (autoscaler.origin.kind === PHPA) return { ...parsed, memory: phpaMemoryAtStart(autoscaler, Date.now()) };
  const message = `expected ${PHPA}, got ${autoscaler.origin.kind}`;
  return refuseFile(file, [{ file, path: "kind", message, remedy: "apply objects to the cluster instead" }]);
}

/** Parses the file in a thread of its own. */
function parseInThread(text: string, file: string): Promise<Parsed> {
  const thread = new Worker(shippedPath("build/muster/parse-thread.js"), {
    workerData: { text, file },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  thread.unref();
  return new Promise<Parsed>((resolve) => {
    const fail = (message: string) => resolve(refuseFile(file, [{ file, path: "", message }]));
    const late = () => fail(`expected YAML that is parsed within ${LONGEST_PARSE} s`);
    const timer = setTimeout(late, LONGEST_PARSE * 1000).unref();
    thread.once("message", resolve);
    thread.once("error", (error) => fail(`expected YAML that can be parsed, got ${error.message}`));
    thread.once("exit", () => {
      clearTimeout(timer);
      fail("expected YAML that can be parsed, but the parser ended");
    });
  }).finally(() => void thread.terminate());
}

/** A file that cannot be an autoscaler, under the id that it would have. */
function refuseFile(file: string, problems: readonly Problem[]): Parsed {
  return { id: `${PHPA}/${file}`, origin: { kind: PHPA, namespace: "", name: file, file }, problems };
}
