import type { Problem, SourceReference } from "../../core/index.ts";
import type { SourceType } from "../../sources/shared/source.ts";
import { schemaProblems, shown } from "./schema-problems.ts";

export type QueueSource = { readonly source: SourceReference } | { readonly problems: readonly Problem[] };

/**
 * The source that reads such a queueURI. `wants` gives further settings by the source's type; a source takes those
 * that it has (such as `rate: true`: the arrivals are needed).
 */
export function queueSource(
  uri: string,
  wants: (type: string) => Readonly<Record<string, unknown>>,
  path: string,
  sources: readonly SourceType[],
): QueueSource {
  for (const type of sources) {
    const settings = type.fromQueueUri?.(uri);
    if (settings === undefined) continue;
    const known = Object.entries(wants(type.type)).filter(([name]) => name in type.settings.shape);
    const parsed = type.settings.safeParse({ ...Object.fromEntries(known), ...settings });
    if (parsed.success) return { source: { type: type.type, settings: parsed.data } };
    const problems = schemaProblems(parsed.error, settings).map((problem) => ({
      ...problem,
      path,
      message: `${problem.path}: ${problem.message}`,
    }));
    return { problems };
  }
  const kinds = sources.filter(({ fromQueueUri }) => fromQueueUri !== undefined);
  return {
    problems: [
      {
        path,
        message: `expected the address of a queue of a known kind, got ${shown(uri)}`,
        remedy: `known kinds: ${kinds.map(({ type, about }) => `${type} (${about})`).join("; ")}`,
      },
    ],
  };
}
