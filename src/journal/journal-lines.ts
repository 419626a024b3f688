import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

interface Part {
  readonly handle: FileHandle;
  /** Where reading begins, in bytes. */
  readonly start: number;
}

/** No journal keeps so many files. */
const MOST_FILES = 1_000;

/**
 * The lines of a journal and of the files that were put aside beside it (PATH.1, PATH.2, ...), oldest first; of more
 * than so many bytes the last ones, and then the first line may be cut. Rejects where a file cannot be read.
 */
export async function* journalLines(path: string, mostBytes = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
  const parts: Part[] = [];
  try {
    await openAll(parts, path, mostBytes);
    for (const part of parts.toReversed()) {
      yield* createInterface({ input: streamOf(part, path), crlfDelay: Number.POSITIVE_INFINITY });
    }
  } finally {
    await Promise.all(parts.map(({ handle }) => handle.close().catch(() => undefined)));
  }
}

/** Newest first and all of them before one is read: what is put aside meanwhile is neither missed nor looked for. */
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

/** A file that somebody has compressed since is read as well; a pipe cannot be begun anywhere. */
function streamOf({ handle, start }: Part, path: string): NodeJS.ReadableStream {
  const stream = handle.createReadStream({ autoClose: false, ...(start === 0 ? {} : { start }) });
  return path.endsWith(".gz") ? pipeline(stream, createGunzip(), () => undefined) : stream;
}
