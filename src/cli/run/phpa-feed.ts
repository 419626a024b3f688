import { parseFile } from "../../config/parse-file.ts";
import { PHPA, phpaMemoryAtStart } from "../../config/phpa.ts";
import { WORKER_POD_AUTOSCALER_DEFAULTS } from "../../config/worker-pod-autoscaler.ts";
import type { Log } from "../../controller/log.ts";
import type { Parsed, Problem } from "../../core/index.ts";
import { folderFeed } from "../../feeds/folder-feed.ts";
import type { Feed } from "../../kubernetes/ports/feed.ts";

/** Cheap enough for a thousand files, quick enough for whoever has just edited one. */
const EVERY_SECONDS = 5;

/** Autoscalers from a folder (or glob) of PHPA files. */
export function phpaFeed(pattern: string, log: Log): Feed {
  return folderFeed({
    pattern,
    parse: (text, file) => parsePhpaFile(text, file),
    refuse: refused,
    everySeconds: EVERY_SECONDS,
    warn: (message) => log.warn("PHPA files cannot be found", { detail: message }),
  });
}

/** One PHPA file: its autoscaler, remembering that the process has just started, or all that is wrong with it. */
export function parsePhpaFile(text: string, file: string): Parsed {
  const parsed = parseFile(text, file, { ...WORKER_POD_AUTOSCALER_DEFAULTS, environment: process.env });
  if (!("autoscaler" in parsed)) return refused(file, parsed.problems);
  const { autoscaler } = parsed;
  if (autoscaler.origin.kind === PHPA) return { ...parsed, memory: phpaMemoryAtStart(autoscaler, Date.now()) };
  const message = `expected ${PHPA}, got ${autoscaler.origin.kind}`;
  return refused(file, [{ file, path: "kind", message, remedy: "apply objects to the cluster instead" }]);
}

/** A file that cannot be an autoscaler, under the id that it would have. */
function refused(file: string, problems: readonly Problem[]): Parsed {
  return { id: `${PHPA}/${file}`, origin: { kind: PHPA, namespace: "", name: file, file }, problems };
}
