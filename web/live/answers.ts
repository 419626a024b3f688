import { printableDeep } from "../../src/core/printable.ts";
import type { autoscalerAnswer } from "../../src/journal/explain.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";

type AutoscalerAnswer = ReturnType<(typeof autoscalerAnswer)["parse"]>;

/** All that the page of one autoscaler shows; `entries`: oldest first. */
export interface Answers {
  readonly about: AutoscalerAnswer;
  readonly entries: readonly JournalEntry[];
}

const PATIENCE_MS = 10_000;
const MOST_ENTRIES = 1_000;

/** Asks the API that `muster why` asks. Rejects with an Error in the controller's words. */
export async function askAbout(
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Answers> {
  const what = new URLSearchParams({ namespace, name, kind, limit: String(MOST_ENTRIES) });
  const path = `api/v1/autoscalers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const [about, journal] = await Promise.all([
    ask<AutoscalerAnswer>(`${path}?${new URLSearchParams({ kind })}`, signal),
    ask<{ readonly entries: readonly JournalEntry[] }>(`api/v1/journal?${what}`, signal),
  ]);
  return { about, entries: journal.entries };
}

async function ask<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  const answer = await fetch(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  const body = (await answer.json()) as Answer & { readonly message?: string };
  if (!answer.ok) throw new Error(body.message ?? `the controller answers ${answer.status}`);
  return printableDeep(body);
}
