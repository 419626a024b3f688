import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { printable } from "../core/index.ts";
import type { JournalEntry } from "./journal-entry.ts";

export interface JournalFileOptions {
  readonly path: string;
  /** A file of this size is renamed to PATH.1, PATH.1 to PATH.2, and so on. */
  readonly maxBytes: number;
  /** Files kept in all; the oldest is deleted. */
  readonly files: number;
  /** Called with the reason when writing begins to fail; without one when it works again, with the number of lost entries. */
  readonly trouble: (because: string | undefined, lost: number) => void;
}

/** Entries come in bursts, and one write for many is cheaper. */
const PAUSE_MILLISECONDS = 500;
const RETRY_MILLISECONDS = 10_000;
/** For entries that wait while the disk fails; beyond this the oldest are lost. Ten thousand autoscalers need less. */
const MOST_PENDING_BYTES = 32 * 1024 * 1024;
const NEW_LINE = 0x0a;

/** Writes a journal as JSON lines, in the background. Never throws; only `close` waits. */
export class JournalFile {
  readonly #options: JournalFileOptions;
  readonly #pending = new PendingLines(MOST_PENDING_BYTES);
  #handle: FileHandle | undefined;
  #bytes = 0;
  /** A pipe, for example, cannot be renamed. */
  #isFile = true;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: JournalFileOptions) {
    this.#options = options;
  }

  /** Opens the file, so that one that cannot be written is reported before there is something to write. */
  begin(): void {
    this.#schedule(0);
  }

  write(entry: JournalEntry): void {
    if (this.#isClosed) return;
    // JSON has the same escapes, so what is read back is the same.
    this.#pending.add(`${printable(JSON.stringify(entry))}\n`);
    this.#schedule(PAUSE_MILLISECONDS);
  }

  /** Writes what is pending, and accepts nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#flush();
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  #schedule(milliseconds: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#flush().finally(() => {
        this.#writing = undefined;
        if (this.#pending.length > 0 && !this.#isClosed) {
          this.#schedule(this.#isFailing ? RETRY_MILLISECONDS : PAUSE_MILLISECONDS);
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
      this.#report(undefined);
    } catch (error) {
      this.#pending.putBack(lines);
      await this.#handle?.close().catch(() => undefined);
      this.#handle = undefined;
      this.#report((error as Error).message);
    }
  }

  /** The lines that the current file has room for: at least one, in a new file if necessary. */
  async #nextBatch(lines: readonly string[]): Promise<readonly string[]> {
    await this.#open();
    const maxBytes = this.#isFile ? this.#options.maxBytes : Number.POSITIVE_INFINITY;
    if (this.#bytes > 0 && this.#bytes + Buffer.byteLength(lines[0] ?? "") > maxBytes) await this.#rotate();
    let count = 0;
    do {
      this.#bytes += Buffer.byteLength(lines[count] ?? "");
      count += 1;
    } while (count < lines.length && this.#bytes + Buffer.byteLength(lines[count] ?? "") <= maxBytes);
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
    // A process that was killed may have left half a line: the next entry begins a new one.
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
      await rename(name(index - 1), name(index)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
    if (files === 1) await rm(path, { force: true });
    await this.#open();
  }

  #report(because: string | undefined): void {
    const isFailing = because !== undefined;
    const lost = isFailing ? 0 : this.#pending.takeLost();
    if (isFailing !== this.#isFailing || lost > 0) this.#options.trouble(because, lost);
    this.#isFailing = isFailing;
  }
}

/** Lines that wait to be written, up to a number of bytes: beyond it the oldest are lost. */
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
    this.#bytes += Buffer.byteLength(line);
    this.#bound();
  }

  /** Removes and returns all lines. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return lines;
  }

  /** Puts lines that could not be written before those added since. */
  putBack(lines: readonly string[]): void {
    this.#lines = [...lines, ...this.#lines];
    this.#bytes = this.#lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
    this.#bound();
  }

  /** The number of lines lost since the last call. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #bound(): void {
    if (this.#bytes <= this.#mostBytes) return;
    let count = 0;
    // Drops a tenth more at once, since the remaining lines have to be moved.
    while (this.#bytes > this.#mostBytes * 0.9) {
      this.#bytes -= Buffer.byteLength(this.#lines[count] as string);
      count += 1;
    }
    this.#lines.splice(0, count);
    this.#lost += count;
  }
}
