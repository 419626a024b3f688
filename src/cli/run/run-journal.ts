import type { Log } from "../../controller/log.ts";
import { Journal } from "../../journal/journal.ts";
import { JournalFile } from "../../journal/journal-file.ts";
import type { RunFlags } from "./run-flags.ts";

/** The journal of this process, on disk too where a file was named. */
export interface RunJournal {
  readonly journal: Journal;
  /** Writes what there is still to write. */
  close(): Promise<void>;
}

/** Makes the journal that the flags ask for. */
export function runJournal(flags: RunFlags, log: Log): RunJournal {
  const { dryRun, journal: path } = flags;
  if (path === undefined) return { journal: new Journal({ dryRun }), close: async () => undefined };
  const file = new JournalFile({
    path,
    maxBytes: flags.journalMaxBytes,
    files: flags.journalFiles,
    trouble: (because) => {
      if (because === undefined) log.info("The journal is written again", { path });
      else log.warn("The journal cannot be written", { path, detail: because });
    },
  });
  const journal = new Journal({ dryRun, write: (entry) => file.write(entry) });
  return {
    journal,
    async close() {
      journal.close();
      await file.close();
    },
  };
}
