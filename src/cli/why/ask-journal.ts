import { readJournal } from "../../journal/read-journal.ts";
import { asUserError } from "../shared/user-error.ts";
import { type Explanation, onlyKind, selected, unknownAutoscaler } from "./explanation.ts";
import type { Question } from "./why-options.ts";

/** Looks an autoscaler's decisions up in a journal on disk. Every mistake is the user's. */
export async function askJournal(path: string, question: Question): Promise<Explanation> {
  const { namespace, name, kind } = question;
  const names = new Set<string>();
  const { entries, skipped } = await asUserError(() =>
    readJournal(path, (entry) => {
      names.add(`${entry.namespace}/${entry.name}`);
      return entry.namespace === namespace && entry.name === name && (kind === undefined || entry.kind === kind);
    }),
  );
  const [first] = entries;
  if (first === undefined) throw unknownAutoscaler(question, [...names], `in ${path}`);
  onlyKind([...new Set(entries.map((entry) => entry.kind))], question);
  const lines = skipped === 1 ? "1 line that is no entry was" : `${skipped} lines that are no entries were`;
  return {
    from: `the journal ${path}`,
    tried: skipped === 0 ? [] : [`${lines} passed over in ${path}`],
    id: first.id,
    conditions: [],
    entries: selected(entries, question),
  };
}
