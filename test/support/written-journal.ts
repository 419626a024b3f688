import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { JournalFile, type JournalFileOptions } from "../../src/journal/journal-file.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { NOW, queueSituation } from "./situations.ts";

/** A journal that writes to a file. */
export interface WrittenJournal {
  readonly file: JournalFile;
  readonly troubles: (string | undefined)[];
  /** Decides on queues of these lengths, a second after one another. */
  readonly decide: (from: number, to: number) => void;
}

/** Opens a journal in small files. */
export function writtenJournal(path: string, options: Partial<JournalFileOptions> = {}): WrittenJournal {
  const troubles: (string | undefined)[] = [];
  const trouble = (because: string | undefined) => void troubles.push(because);
  const file = new JournalFile({ path, maxBytes: 1 << 20, files: 3, trouble, ...options });
  const journal = new Journal({ write: (entry) => file.write(entry) });
  return {
    ...{ file, troubles },
    decide(from, to) {
      for (let value = from; value < to; value += 1) {
        const situation = { ...queueSituation({ value }, 8), now: NOW + value * 1000 };
        journal.decided(situation, decide(situation));
      }
    },
  };
}

/** The lengths of queues on which a journal tells decisions, and how many of its lines are none. */
export async function valuesIn(path: string) {
  const { entries, skipped } = await readJournal(path, () => true);
  return { values: entries.map(({ signals }) => signals[0]?.value), skipped };
}

/** Whole numbers up to but without the last. */
export const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
