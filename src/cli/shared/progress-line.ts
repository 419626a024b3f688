import { printable } from "../../core/index.ts";

/** Shorter work shows no progress. */
const PATIENCE_MS = 1_000;
const REFRESH_MS = 200;
/** How often a line is written without a terminal when the total is unknown. */
const SELDOM_MS = 10_000;
const WIDTH = 30;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress bar on a terminal for work longer than a second; without a terminal, a line each 10 %. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #started: number;
  #shownAt = 0;
  #isShown = false;
  #tenth = 0;

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#started = now();
  }

  show(share: number, what: string): void {
    const now = this.#now();
    if (now - this.#started < PATIENCE_MS || now - this.#shownAt < REFRESH_MS) return;
    this.#shownAt = now;
    const percent = `${Math.floor(share * 100)} %`;
    if (this.#terminal.isTTY) {
      const full = Math.round(share * WIDTH);
      this.#terminal.write(`\r\x1b[K[${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${percent} ${printable(what)}`);
      this.#isShown = true;
    } else if (Math.floor(share * 10) > this.#tenth) {
      this.#tenth = Math.floor(share * 10);
      this.#terminal.write(`${percent} ${printable(what)}\n`);
    }
  }

  /** Shows progress when the total is unknown. */
  tell(what: string): void {
    const now = this.#now();
    const pause = this.#terminal.isTTY ? REFRESH_MS : SELDOM_MS;
    if (now - this.#started < PATIENCE_MS || now - this.#shownAt < pause) return;
    this.#shownAt = now;
    this.#terminal.write(this.#terminal.isTTY ? `\r\x1b[K${printable(what)}` : `${printable(what)}\n`);
    this.#isShown = this.#terminal.isTTY === true;
  }

  end(): void {
    if (this.#isShown) this.#terminal.write("\r\x1b[K");
  }
}

/** Shows the progress of some work on standard error. */
export async function withProgress<Value>(
  work: (progress: (share: number, what: string) => void) => Value | Promise<Value>,
): Promise<Value> {
  const line = new ProgressLine(process.stderr);
  try {
    return await work((share, what) => line.show(share, what));
  } finally {
    line.end();
  }
}
