import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { JournalEntry } from "./journal-entry.ts";

export interface JournalFileOptions {
  readonly path: string;
  /** A file that has grown to so many bytes is put aside as PATH.1, what was PATH.1 as PATH.2, and so on. */
  readonly maxBytes: number;
  /** Files kept in all; the oldest is deleted. */
  readonly files: number;
  /** Told why once when writing begins to fail, and undefined once it works again, with how many entries had no room meanwhile. */
  readonly trouble: (because: string | undefined, lost: number) => void;
}

/** Entries come in bursts, and one write for many is cheaper. */
const PAUSE_MILLISECONDS = 500;
const RETRY_MILLISECONDS = 10_000;
/** What waits for a disk that does not take it; beyond this the oldest entries are lost. Ten thousand autoscalers end with less. */
const MOST_PENDING_BYTES = 32 * 1024 * 1024;
const NEW_LINE = 0x0a;

/** Writes a journal as JSON lines, in the background. Never throws, and never keeps anybody waiting but `close`. */
export class JournalFile {
  readonly #options: JournalFileOptions;
  readonly #pending = new PendingLines(MOST_PENDING_BYTES);
  #handle: FileHandle | undefined;
  #bytes = 0;
  /** What is no file, such as a pipe, has no name to be put aside by. */
  #isFile = true;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: JournalFileOptions) {
    this.#options = options;
  }

  /** Opens the file, so that one that cannot be written is told before there is something to write. */
  begin(): void {
    this.#soon(0);
  }

  write(entry: JournalEntry): void {
    if (this.#isClosed) return;
    this.#pending.add(`${JSON.stringify(entry)}\n`);
    this.#soon(PAUSE_MILLISECONDS);
  }

  /** Writes what is pending, and takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#flush();
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  #soon(milliseconds: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#flush().finally(() => {
        this.#writing = undefined;
        if (this.#pending.length > 0 && !this.#isClosed) {
          this.#soon(this.#isFailing ? RETRY_MILLISECONDS : PAUSE_MILLISECONDS);
        }
      });
    }, milliseconds);
  }

  async #flush(): Promise<void> {
    const lines = this.#pending.take();
    try {
      await this.#open();
      while (lines.length > 0) {
        const batch = await this.#nextBatch(lines);
        await this.#handle?.appendFile(batch.join(""));
        lines.splice(0, batch.length);
      }
      this.#tell(undefined);
    } catch (error) {
      this.#pending.putBack(lines);
      await this.#handle?.close().catch(() => undefined);
      this.#handle = undefined;
      this.#tell((error as Error).message);
    }
  }

  /** The lines that the present file has room for: one at least, in a new file if need be. */
  async #nextBatch(lines: readonly string[]): Promise<readonly string[]> {
    await this.#open();
    const maxBytes = this.#isFile ? this.#options.maxBytes : Number.POSITIVE_INFINITY;
    if (this.#bytes > 0 && this.#bytes + sizeOf(lines[0] ?? "") > maxBytes) await this.#rotate();
    let count = 0;
    do {
      this.#bytes += sizeOf(lines[count] ?? "");
      count += 1;
    } while (count < lines.length && this.#bytes + sizeOf(lines[count] ?? "") <= maxBytes);
    return lines.slice(0, count);
  }

  async #open(): Promise<void> {
    if (this.#handle !== undefined) return;
    const handle = await open(this.#options.path, "a+", 0o640);
    this.#handle = handle;
    const status = await handle.stat();
    this.#isFile = status.isFile();
    this.#bytes = status.size;
    if (this.#bytes === 0) return;
    // A process that was killed may have left half a line: the next one must not be glued to it.
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, this.#bytes - 1);
    if (buffer[0] === NEW_LINE) return;
    await handle.appendFile("\n");
    this.#bytes += 1;
  }

  async #rotate(): Promise<void> {
    const { path, files } = this.#options;
    await this.#handle?.close();
    this.#handle = undefined;
    const name = (index: number) => (index === 0 ? path : `${path}.${index}`);
    for (let index = files - 1; index > 0; index--) {
      await rename(name(index - 1), name(index)).catch(unlessMissing);
    }
    if (files === 1) await rm(path, { force: true });
    await this.#open();
  }

  #tell(because: string | undefined): void {
    const isFailing = because !== undefined;
    const lost = isFailing ? 0 : this.#pending.takeLost();
    if (isFailing !== this.#isFailing || lost > 0) this.#options.trouble(because, lost);
    this.#isFailing = isFailing;
  }
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** Lines that wait to be written. Beyond so many bytes the oldest are lost. */
export class PendingLines {
  readonly #mostBytes: number;
  #lines: string[] = [];
  #bytes = 0;
  #lost = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get length(): number {
    return this.#lines.length;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#bytes += sizeOf(line);
    this.#bound();
  }

  /** Hands all of them over. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return lines;
  }

  /** What could not be written goes before what came since. */
  putBack(lines: readonly string[]): void {
    this.#lines = [...lines, ...this.#lines];
    this.#bytes = this.#lines.reduce((sum, line) => sum + sizeOf(line), 0);
    this.#bound();
  }

  /** How many were lost since this was asked last. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #bound(): void {
    if (this.#bytes <= this.#mostBytes) return;
    let count = 0;
    // A tenth more at once, as the others have to be moved.
    while (this.#bytes > this.#mostBytes * 0.9) {
      this.#bytes -= sizeOf(this.#lines[count] as string);
      count += 1;
    }
    this.#lines.splice(0, count);
    this.#lost += count;
  }
}

/** In UTF-8. */
function sizeOf(line: string): number {
  return Buffer.byteLength(line);
}
