import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { MAX_DOCUMENT_BYTES } from "../../formats/read-documents.ts";
import { describeFileError, UserError } from "../../shared/user-error.ts";

/** A file that cannot be read; `detail` says why without naming it. */
export class UnreadableFile extends UserError {
  readonly detail: string;

  constructor(file: string, detail: string) {
    super(`${file}: ${detail}`);
    this.detail = detail;
  }
}

/** A file's text, or standard input's for "-". Throws UnreadableFile. */
export function readText(file: string): string {
  try {
    if (file === "-") return readStandardInput();
    const descriptor = openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size > MAX_DOCUMENT_BYTES) {
        throw new UnreadableFile(file, `expected at most ${inMebibytes(MAX_DOCUMENT_BYTES)}, got ${inMebibytes(size)}`);
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UnreadableFile(file, `cannot be read: ${describeFileError(error)}`);
  }
}

const CHUNK_BYTES = 64 * 1024;
const PAUSE_MS = 10;

/**
 * A pipe may be in non-blocking mode, as Node itself sets it when a library imports `node:process`. Then a read fails with
 * EAGAIN while the other end, such as kubectl, has written nothing yet.
 */
function readStandardInput(): string {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size <= MAX_DOCUMENT_BYTES) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readWhenReady(chunk);
    if (count === 0) return Buffer.concat(chunks).toString("utf8");
    chunks.push(chunk.subarray(0, count));
    size += count;
  }
  throw new UnreadableFile("-", `expected at most ${inMebibytes(MAX_DOCUMENT_BYTES)}, got more`);
}

function readWhenReady(chunk: Buffer): number {
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, PAUSE_MS);
    }
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}

const MANIFEST = /\.(ya?ml|json)$/;

/** The files that the arguments name, whether they can be read or not; of a folder, its YAML and JSON files, subfolders included, in order. */
export function findManifests(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    if (word === "-") return [word];
    try {
      if (!statSync(word, { throwIfNoEntry: false })?.isDirectory()) return [word];
      const names = readdirSync(word, { recursive: true, encoding: "utf8" }).filter((name) => MANIFEST.test(name));
      return names.sort().map((name) => join(word, name));
    } catch (error) {
      throw new UserError(`${word}: cannot be read: ${describeFileError(error)}`);
    }
  });
}
