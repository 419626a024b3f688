import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { journalEntry } from "./entry-schema.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** What a journal on disk says. */
export interface ReadJournal {
  /** In the order in which they were decided. */
  readonly entries: readonly JournalEntry[];
  /** Lines that are none, such as the one that a killed process left half written. */
  readonly skipped: number;
  /** Older entries that were wanted and are more than are kept. */
  readonly leftOut: number;
}

/** No journal keeps so many files. */
const MOST_FILES = 1_000;
/** About 600 MB; a month of a decision every ten seconds. */
const MOST_ENTRIES = 300_000;
/** What is said again of a decision follows within so many others. */
const SAID_AGAIN_WITHIN = 100;

/**
 * Reads a journal and the files that were put aside beside it (PATH.1, PATH.2, ...), and keeps the entries that are
 * wanted, the newest where they are too many. Rejects where a file cannot be read.
 */
export async function readJournal(
  path: string,
  wanted: (entry: JournalEntry) => boolean,
  most = MOST_ENTRIES,
  mostFiles = MOST_FILES,
): Promise<ReadJournal> {
  const room = Math.min(most, MOST_ENTRIES);
  const entries = new Map<string, JournalEntry>();
  let skipped = 0;
  let dropped = 0;
  const keep = (entry: JournalEntry) => {
    const key = `${entry.id} ${entry.at}`;
    const before = entries.get(key);
    entries.set(key, before === undefined ? entry : { ...entry, firstSignals: before.firstSignals ?? before.signals });
    if (entries.size <= room + SAID_AGAIN_WITHIN) return;
    const [oldest = ""] = entries.keys();
    entries.delete(oldest);
    dropped += 1;
  };
  for (const file of filesOf(path, mostFiles)) {
    for await (const line of createInterface({ input: opened(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === "") continue;
      const entry = entryIn(line);
      if (entry === undefined) skipped += 1;
      // What is said again of the same decision is the newer word.
      else if (wanted(entry)) keep(entry);
    }
  }
  const sorted = [...entries.values()].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return { entries: sorted.slice(-room), skipped, leftOut: dropped + Math.max(0, sorted.length - room) };
}

/** A file that somebody has compressed since is read as well. */
function opened(file: string): NodeJS.ReadableStream {
  const stream = createReadStream(file);
  return file.endsWith(".gz") ? pipeline(stream, createGunzip(), () => undefined) : stream;
}

/** The newest ones, oldest first. */
function filesOf(path: string, most: number): readonly string[] {
  const files = [path];
  while (files.length < most && existsSync(`${path}.${files.length}`)) files.unshift(`${path}.${files.length}`);
  return files;
}

function entryIn(line: string): JournalEntry | undefined {
  try {
    const read = journalEntry.safeParse(JSON.parse(line));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
