import { printable } from "../../core/index.ts";

/** Whoever waits for less than this wants no progress. */
const PATIENCE_MS = 1_000;
const REFRESH_MS = 200;
/** Where there is no terminal and no end is known, so often. */
const SELDOM_MS = 10_000;
const WIDTH = 30;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar on a terminal's one line, for what takes longer than a second; where there is no terminal, a line each 10 %. */
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

  /** How far something is of which nobody knows where it ends. */
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

/** Does some work while standard error shows how far it is. */
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
