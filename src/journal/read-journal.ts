import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type JournalEntry, journalEntry } from "./journal-entry.ts";

/** The content of a journal on disk. */
interface ReadJournal {
  /** In the order of the decisions. */
  readonly entries: readonly JournalEntry[];
  /** The number of lines that are not entries, such as one that a killed process left half written. */
  readonly skipped: number;
  /** The number of older entries that were wanted and exceed the bounds. */
  readonly leftOut: number;
}

/** Limits of what is read. */
interface ReadBounds {
  /** Entries to keep, the newest. */
  readonly most?: number;
  /** Bytes to read, the last. */
  readonly mostBytes?: number;
}

/** About 600 MB; a month of a decision every ten seconds. */
const MOST_ENTRIES = 300_000;
/** Entries kept beyond the bound until the next clean-up: an update of a decision follows within fewer entries. */
const LEAST_SPARE = 100;

/**
 * Reads a journal with its rotated files and keeps the wanted entries; if there are too many, the most recent ones.
 * Rejects where a file cannot be read.
 */
export async function readJournal(
  path: string,
  wanted: (entry: JournalEntry) => boolean,
  { most = MOST_ENTRIES, mostBytes }: ReadBounds = {},
): Promise<ReadJournal> {
  const room = Math.min(most, MOST_ENTRIES);
  const spare = Math.max(LEAST_SPARE, Math.ceil(room / 10));
  const entries = new Map<string, JournalEntry>();
  let [skipped, dropped] = [0, 0];
  for await (const line of journalLines(path, mostBytes)) {
    if (line === "") continue;
    const entry = parseEntry(line);
    if (entry === undefined) skipped += 1;
    else if (wanted(entry)) {
      keepEntry(entries, entry);
      // Many at a time: a map finds its oldest key slowly once others were deleted.
      if (entries.size >= room + spare) dropped += dropOldest(entries, room);
    }
  }
  const newest = [...entries.values()].sort(compareBy("until")).slice(-room);
  return { entries: newest.sort(compareBy("at")), skipped, leftOut: dropped + entries.size - newest.length };
}

function compareBy(time: "at" | "until"): (one: JournalEntry, other: JournalEntry) => number {
  return (one, other) => Date.parse(one[time]) - Date.parse(other[time]);
}

/** A later entry of the same decision replaces the earlier one. */
function keepEntry(entries: Map<string, JournalEntry>, entry: JournalEntry): void {
  const key = `${entry.id} ${entry.at}`;
  const before = entries.get(key);
  entries.delete(key);
  entries.set(key, before === undefined ? entry : { ...entry, firstSignals: before.firstSignals ?? before.signals });
}

function dropOldest(entries: Map<string, JournalEntry>, room: number): number {
  const tooMany = Math.max(0, entries.size - room);
  for (const key of [...entries.keys()].slice(0, tooMany)) entries.delete(key);
  return tooMany;
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const read = journalEntry.safeParse(JSON.parse(line));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

interface Part {
  readonly handle: FileHandle;
  /** Where reading begins, in bytes. */
  readonly start: number;
}

/** No journal keeps more files. */
const MOST_FILES = 1_000;

/**
 * The lines of a journal and its rotated files (PATH.1, PATH.2, ...), oldest first; of more than `mostBytes` the last
 * ones, of which the first may be cut. Rejects where a file cannot be read.
 */
async function* journalLines(path: string, mostBytes = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
  const parts: Part[] = [];
  try {
    await openAll(parts, path, mostBytes);
    for (const part of parts.toReversed()) {
      yield* createInterface({ input: openStream(part, path), crlfDelay: Number.POSITIVE_INFINITY });
    }
  } finally {
    await Promise.all(parts.map(({ handle }) => handle.close().catch(() => undefined)));
  }
}

/** Opens all files, newest first, before one is read: a rotation meanwhile changes nothing. */
async function openAll(parts: Part[], path: string, mostBytes: number): Promise<void> {
  let room = mostBytes;
  while (room > 0 && parts.length < MOST_FILES) {
    const handle = await (parts.length === 0 ? open(path) : openIfThere(`${path}.${parts.length}`));
    if (handle === undefined) return;
    const part = { handle, start: 0 };
    parts.push(part);
    const { size } = await handle.stat();
    part.start = Math.max(0, size - room);
    room -= size;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** A compressed file is read too; a pipe has no position to start at. */
function openStream({ handle, start }: Part, path: string): NodeJS.ReadableStream {
  const stream = handle.createReadStream({ autoClose: false, ...(start === 0 ? {} : { start }) });
  return path.endsWith(".gz") ? pipeline(stream, createGunzip(), () => undefined) : stream;
}
