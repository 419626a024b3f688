import { asKubernetesObject, type KubernetesObject } from "../objects.ts";
import type { KubernetesError } from "../ports.ts";
import { answerError, malformed } from "../transport/answer-error.ts";

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubernetesObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly endsInitialEvents: boolean };

const END_OF_INITIAL_EVENTS = "k8s.io/initial-events-end";

/** One line of a watch. Throws a KubernetesError for an ERROR event (410: Gone) and for what is no event. */
export function parseWatchEvent(line: Buffer, what: string): WatchEvent {
  const { type, object } = parsed(line, what);
  if (type === "ERROR") throw errorEvent(object, what);
  if (type === "BOOKMARK") {
    const metadata = (object as { metadata?: { resourceVersion?: unknown; annotations?: Record<string, string> } })
      ?.metadata;
    if (typeof metadata?.resourceVersion !== "string") throw malformed(what, "a bookmark with no resourceVersion");
    const endsInitialEvents = metadata.annotations?.[END_OF_INITIAL_EVENTS] === "true";
    return { type, resourceVersion: metadata.resourceVersion, endsInitialEvents };
  }
  const known = asKubernetesObject(object);
  if (known === undefined) throw malformed(what, "an event with no object");
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") throw malformed(what, "an event of no known type");
  return { type, object: known };
}

function parsed(line: Buffer, what: string): { type?: unknown; object?: unknown } {
  try {
    const event = JSON.parse(line.toString());
    if (typeof event === "object" && event !== null) return event;
  } catch {
    throw malformed(what, "a line that is not JSON");
  }
  throw malformed(what, "a line that is no event");
}

function errorEvent(object: unknown, what: string): KubernetesError {
  const code = (object as { code?: unknown } | undefined)?.code;
  return answerError(what, typeof code === "number" ? code : 500, JSON.stringify(object ?? {}));
}

const NEWLINE = 10;
/** An object is at most a few megabytes in etcd; a line beyond this is no watch event. */
const LONGEST_LINE = 32 * 1024 * 1024;

/** Cuts a stream into lines, found on bytes; yields those that each chunk completes. What the last leaves is dropped. */
export async function* lines(chunks: AsyncIterable<Buffer>, longest = LONGEST_LINE): AsyncGenerator<Buffer[]> {
  let started: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const complete: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      complete.push(started.length === 0 ? rest : Buffer.concat([...started, rest]));
      started = [];
      size = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      started.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > longest) throw new Error(`a line of more than ${longest} bytes`);
    }
    if (complete.length > 0) yield complete;
  }
}
