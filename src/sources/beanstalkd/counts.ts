import { excerpt } from "../shared/safe-text.ts";
import { SourceError } from "../shared/source-error.ts";
import type { Connection } from "./connection.ts";

export interface TubeCounts {
  readonly ready: number;
  readonly reserved: number;
  readonly delayed: number;
  /** Connections that block on the tube, perhaps one of ours among them. */
  readonly waiting: number;
  /** Jobs that were put into the tube, and that were deleted, since the tube exists. */
  readonly put: number;
  readonly deleted: number;
}

/** A tube exists while it holds a job or a client uses or watches it. One that does not exist is empty. */
const NO_TUBE: TubeCounts = { ready: 0, reserved: 0, delayed: 0, waiting: 0, put: 0, deleted: 0 };

/** Reads one tube's counts. Any number of reads may be under way. */
export async function readTubeCounts(connection: Connection, tube: string): Promise<TubeCounts> {
  const reply = await connection.send(`stats-tube ${tube}`, ["OK", "NOT_FOUND"]);
  if (reply.words[0] === "NOT_FOUND") return NO_TUBE;
  return connection.parse(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    reserved: numberField(text, "current-jobs-reserved"),
    delayed: numberField(text, "current-jobs-delayed"),
    waiting: numberField(text, "current-waiting"),
    put: numberField(text, "total-jobs"),
    deleted: numberField(text, "cmd-delete"),
  }));
}

/** The counters that move whenever a job becomes ready: put, released, kicked, timed out, its delay over. */
const MOVING_FIELD = /^(?:current-jobs-|cmd-(?:put|reserve|release|kick)|job-timeouts).*$/gm;

/** Reads what the server counts over all its tubes. An equal `fingerprint` means that no job has become ready since. */
export async function readServerCounts(
  connection: Connection,
): Promise<{ readonly ready: number; readonly fingerprint: string }> {
  const reply = await connection.send("stats", ["OK"]);
  return connection.parse(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    fingerprint: text.match(MOVING_FIELD)?.join("\n") ?? "",
  }));
}

/** Other commands on the connection wait for this many answers at most: 1 ms, or 5 ms on a server with 10,000 tubes. */
const TUBES_AT_ONCE = 50;
/** For this many tubes, listing those that exist is cheaper than asking for each: an idle tube often does not exist. */
const WORTH_A_LIST = 10;
/** Sweeps take no more than a quarter of the server's time. */
const SHARE = 1 / 4;

/** Reads each of the tubes once. Reports those with ready jobs as it finds them. */
export async function sweep(
  connection: Connection,
  tubes: readonly string[],
  ready: (tube: string) => void,
): Promise<void> {
  let existing = tubes;
  if (tubes.length >= WORTH_A_LIST) {
    const names = new Set(listItems((await connection.send("list-tubes", ["OK"])).body));
    existing = tubes.filter((tube) => names.has(tube));
  }
  const left = existing.values();
  const walk = async () => {
    for (const tube of left) if ((await readTubeCounts(connection, tube)).ready > 0) ready(tube);
  };
  await Promise.all(Array.from({ length: TUBES_AT_ONCE }, walk));
}

/** Sweeps many tubes now and then. A sweep that took long delays the next one. */
export class PacedSweep {
  #isRunning = false;
  #nextAt = 0;

  get isDue(): boolean {
    return !this.#isRunning && performance.now() >= this.#nextAt;
  }

  async run(connection: Connection, tubes: Iterable<string>, ready: (tube: string) => void): Promise<void> {
    const start = performance.now();
    this.#isRunning = true;
    try {
      await sweep(connection, [...tubes], ready);
    } finally {
      this.#isRunning = false;
      this.#nextAt = start + (performance.now() - start) / SHARE;
    }
  }
}

/** A whole number in a `stats` text, which is a flat YAML dictionary that beanstalkd prints field by field. */
export function numberField(text: string, name: string): number {
  const field = wordField(text, name);
  if (/^\d{1,20}$/.test(field)) return Number(field);
  const answer = excerpt(field);
  throw new SourceError("Malformed", `expected a whole number as ${name}, got something else`, { answer });
}

/** A field of a `stats` text, without the quotes that beanstalkd 1.13 puts around names. */
export function wordField(text: string, name: string): string {
  const label = `\n${name}: `;
  const found = text.indexOf(label);
  if (found < 0) {
    throw new SourceError("Malformed", `expected the field ${name}, got a text without it`, { answer: excerpt(text) });
  }
  const start = found + label.length;
  const end = text.indexOf("\n", start);
  return unquote(text.slice(start, end < 0 ? undefined : end));
}

export function listItems(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("- "));
  return lines.map((line) => unquote(line.slice(2)));
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
