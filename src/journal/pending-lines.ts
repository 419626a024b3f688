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
export function sizeOf(line: string): number {
  return Buffer.byteLength(line);
}
