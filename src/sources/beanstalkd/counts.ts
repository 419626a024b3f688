import { excerpt } from "../shared/safe-text.ts";
import { SourceError } from "../shared/source-error.ts";
import type { Connection } from "./connection.ts";

/** What beanstalkd counts of a tube. */
export interface TubeCounts {
  readonly ready: number;
  readonly reserved: number;
  /** Connections that block on the tube, one of ours perhaps among them. */
  readonly waiting: number;
  /** Since the tube came to be: jobs that were put into it, and that were deleted. */
  readonly put: number;
  readonly deleted: number;
}

/** A tube exists while it holds a job or somebody uses or watches it: one that does not is an empty one. */
const NO_TUBE: TubeCounts = { ready: 0, reserved: 0, waiting: 0, put: 0, deleted: 0 };

/** Asks for one tube's counts; any number may be asked for at once. */
export async function lookAtTube(connection: Connection, tube: string): Promise<TubeCounts> {
  const reply = await connection.send(`stats-tube ${tube}`, ["OK", "NOT_FOUND"]);
  if (reply.words[0] === "NOT_FOUND") return NO_TUBE;
  return connection.understand(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    reserved: numberField(text, "current-jobs-reserved"),
    waiting: numberField(text, "current-waiting"),
    put: numberField(text, "total-jobs"),
    deleted: numberField(text, "cmd-delete"),
  }));
}

/** What beanstalkd counts over all its tubes. */
interface JobCounts {
  readonly ready: number;
  /** Differs from an earlier one if any job may have become ready since: put, released, kicked, timed out, its delay over. */
  readonly fingerprint: string;
}

/** The counters that a job cannot become ready without moving. */
const MOVING_FIELD = /^(?:current-jobs-|cmd-(?:put|reserve|release|kick)|job-timeouts).*$/gm;

/** Asks for the server's own counters. */
export async function lookAtJobs(connection: Connection): Promise<JobCounts> {
  const reply = await connection.send("stats", ["OK"]);
  return connection.understand(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    fingerprint: text.match(MOVING_FIELD)?.join("\n") ?? "",
  }));
}

/** Other questions on the same connection wait for so many answers at most: some 1 ms, 5 ms on a server with 10,000 tubes. */
const TUBES_AT_ONCE = 50;
/** From so many on it pays to ask first which of them exist: an idle tube often does not. */
const WORTH_A_LIST = 10;

/** Looks at each of the tubes once and tells of those with work as soon as it is seen. */
export async function sweep(
  connection: Connection,
  tubes: readonly string[],
  ready: (tube: string) => void,
): Promise<void> {
  const left = (await thoseThatExist(connection, tubes)).values();
  const walk = async () => {
    for (const tube of left) {
      const counts = await lookAtTube(connection, tube);
      if (counts.ready > 0) ready(tube);
    }
  };
  await Promise.all(Array.from({ length: TUBES_AT_ONCE }, walk));
}

async function thoseThatExist(connection: Connection, tubes: readonly string[]): Promise<readonly string[]> {
  if (tubes.length < WORTH_A_LIST) return tubes;
  const reply = await connection.send("list-tubes", ["OK"]);
  const names = new Set(listItems(reply.body));
  return tubes.filter((tube) => names.has(tube));
}

/** A sweep of many tubes is work for the server: all of them together take no more than a quarter of its time. */
const SHARE = 1 / 4;

/** Looks at many tubes, now and then: a sweep that took long puts the next one off. */
export class PacedSweep {
  #isRunning = false;
  #nextAt = 0;

  get isDue(): boolean {
    return !this.#isRunning && performance.now() >= this.#nextAt;
  }

  /** To be called when it is due. Tells of each tube with work as soon as it is seen. */
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

/** A whole number out of a `stats` text. The text is a flat YAML dictionary that beanstalkd prints field by field. */
export function numberField(text: string, name: string): number {
  const field = wordField(text, name);
  if (!/^\d{1,20}$/.test(field)) {
    throw new SourceError("Malformed", `expected a whole number as ${name}, got something else`, {
      answer: excerpt(field),
    });
  }
  return Number(field);
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
  return unquoted(text.slice(start, end < 0 ? undefined : end));
}

/** The items of a `list-tubes` text. */
export function listItems(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("- "))
    .map((line) => unquoted(line.slice(2)));
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
