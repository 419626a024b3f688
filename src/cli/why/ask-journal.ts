import type { JournalEntry } from "../../journal/journal-entry.ts";
import { readJournal } from "../../journal/read-journal.ts";
import { UserError } from "../../shared/user-error.ts";
import { describeFileError } from "../shared/read-text.ts";
import { type Explanation, onlyKind, selected, unknownAutoscaler } from "./explanation.ts";
import type { Question } from "./why-options.ts";

/** Looks an autoscaler's decisions up in a journal on disk. Every mistake is the user's. */
export async function askJournal(path: string, question: Question): Promise<Explanation> {
  const { namespace, name, kind, at = Number.POSITIVE_INFINITY, last } = question;
  const names = new Set<string>();
  const kinds = new Set<JournalEntry["kind"]>();
  let isFirst = true;
  const wanted = (entry: JournalEntry) => {
    names.add(`${entry.namespace}/${entry.name}`);
    if (entry.namespace !== namespace || entry.name !== name || (kind !== undefined && entry.kind !== kind))
      return false;
    kinds.add(entry.kind);
    // The first one tells when the journal begins, if that is too late.
    const isWanted = isFirst || Date.parse(entry.at) <= at;
    isFirst = false;
    return isWanted;
  };
  const { entries, skipped, leftOut } = await readJournal(path, wanted, { most: last }).catch((error) => {
    throw new UserError(`${path}: cannot be read: ${describeFileError(error)}`);
  });
  const [first] = entries;
  if (names.size === 0) throw new UserError(`${path}: ${emptiness(skipped)}`);
  if (first === undefined) throw unknownAutoscaler(question, [...names], `in ${path}`);
  onlyKind([...kinds], question);
  const lines = skipped === 1 ? "1 line that is no entry was" : `${skipped} lines that are no entries were`;
  return {
    from: `the journal ${path}`,
    tried: [
      ...(skipped === 0 ? [] : [`${lines} passed over in ${path}`]),
      ...(leftOut === 0 || Number.isFinite(last)
        ? []
        : [`${leftOut} older decisions in ${path} were left out: that many are not kept in memory`]),
    ],
    id: first.id,
    conditions: [],
    entries: selected(entries, question),
  };
}

function emptiness(skipped: number): string {
  if (skipped === 0) return "no decision has been written to it yet";
  return `expected a journal as "muster run --journal" writes it, got ${skipped === 1 ? "a line that is none" : `${skipped} lines that are none`}`;
}
