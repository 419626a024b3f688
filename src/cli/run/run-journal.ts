import { stat } from "node:fs/promises";
import type { Log } from "../../controller/log.ts";
import { Journal } from "../../journal/journal.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import { JournalFile } from "../../journal/journal-file.ts";
import { readJournal } from "../../journal/read-journal.ts";
import type { RunFlags } from "./run-flags.ts";

/** The journal of this process, on disk too where a file was named. */
export interface RunJournal {
  readonly journal: Journal;
  /** Resolves once the journal also has what earlier processes wrote. Their file is not read before somebody asks. */
  past(): Promise<void>;
  /** Writes what there is still to write. */
  close(): Promise<void>;
}

/** Makes the journal that the flags ask for. */
export function runJournal(flags: RunFlags, log: Log): RunJournal {
  const { dryRun, journal: path } = flags;
  const nothing = async () => undefined;
  if (path === undefined) return { journal: new Journal({ dryRun }), past: nothing, close: nothing };
  const startedAt = Date.now();
  const file = new JournalFile({
    path,
    maxBytes: flags.journalMaxBytes,
    files: flags.journalFiles,
    trouble: (because, lost) => {
      if (because === undefined) log.info("The journal is written again", { path, lost });
      else log.warn("The journal cannot be written", { path, detail: because });
    },
  });
  const journal = new Journal({ dryRun, write: (entry) => file.write(entry) });
  file.begin();
  let past: Promise<void> | undefined;
  return {
    journal,
    past() {
      past ??= readPast(journal, path, startedAt, log);
      return past;
    },
    async close() {
      await past;
      journal.close();
      await file.close();
    },
  };
}

/** How much of the file's end is read: 3 KB for each decision, and half a second's work. */
const PAST = { most: 5_000, mostBytes: 16 * 1024 * 1024 };

/** Lets the journal answer with what was decided before this process started. */
async function readPast(journal: Journal, path: string, startedAt: number, log: Log): Promise<void> {
  try {
    const isPast = ({ at }: JournalEntry) => Date.parse(at) < startedAt;
    // A pipe has no past, and reading from it would never end.
    if (!(await stat(path)).isFile()) return;
    const { entries } = await readJournal(path, isPast, PAST);
    journal.remember(entries);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") log.warn("Earlier decisions cannot be read from the journal", { path, detail: message });
  }
}
