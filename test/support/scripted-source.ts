import * as z from "zod";
import type { Pace, Reading } from "../../src/core/index.ts";
import { defineSource, type Source, type SourceType } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";

/** What a scripted queue says next: a number, a whole reading, an error to reject with, or nothing for ever. */
export type Answer = number | Partial<Reading> | Error | "hang";

/** One queue that does what a test says, and remembers what was done to it. */
export class ScriptedQueue {
  answer: Answer = 0;
  /** "never": it has no waitForWork. */
  waits: "well" | "unsupported" | "never" | Error = "never";
  reads = 0;
  waitsBegun = 0;
  opened = 0;
  closed = 0;
  touched: boolean | undefined;
  /** Milliseconds for which each answer keeps the process busy. */
  spends = 0;
  readonly #hanging = new Map<AbortSignal, (reading: Reading) => void>();
  readonly #waiting = new Set<() => void>();

  /** A message came: whoever waits hears of it. */
  put(answer: Answer): void {
    this.answer = answer;
    for (const wake of [...this.#waiting]) wake();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Late answers to questions that were given up long ago. */
  answerAbandoned(value: number, at: number): void {
    for (const [signal, resolve] of this.#hanging) if (signal.aborted) resolve({ at, value });
  }

  forgetAbandoned(): void {
    this.#hanging.clear();
  }

  async read(now: () => number, signal: AbortSignal): Promise<Reading> {
    this.reads += 1;
    const { answer } = this;
    if (answer === "hang") return new Promise((resolve) => this.#hanging.set(signal, resolve));
    if (answer instanceof Error) throw answer;
    return typeof answer === "number" ? { at: now(), value: answer } : ({ at: now(), value: 0, ...answer } as Reading);
  }

  async wait(signal: AbortSignal): Promise<"maybe-work" | "unsupported"> {
    this.waitsBegun += 1;
    if (this.waits instanceof Error) throw this.waits;
    if (this.waits !== "well") return "unsupported";
    // As with a real queue: a message that came before the wait began ends it at once.
    if (typeof this.answer === "number" && this.answer > 0) return "maybe-work";
    return new Promise((resolve, reject) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", stop);
        resolve("maybe-work");
      };
      const stop = () => {
        this.#waiting.delete(wake);
        reject(new SourceError("Unavailable", "the wait was aborted"));
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.add(wake);
    });
  }
}

/** A source type whose queues are scripted, by the name in their settings. */
export function scriptedSource(
  pace: Pace,
  type = "scripted",
): { type: SourceType; queue(name: string): ScriptedQueue } {
  const queues = new Map<string, ScriptedQueue>();
  const queue = (name: string) => {
    const known = queues.get(name) ?? new ScriptedQueue();
    queues.set(name, known);
    return known;
  };
  const definition = defineSource({
    type,
    about: "A queue that does what a test says",
    settings: z.object({ queue: z.string() }),
    pace,
    connect({ queue: name }, tools): Source {
      const scripted = queue(name);
      scripted.opened += 1;
      scripted.touched = tools.mayTouch;
      return {
        read: (signal) => {
          tools.spent?.(scripted.spends);
          return scripted.read(tools.now, signal);
        },
        ...(scripted.waits === "never" ? {} : { waitForWork: (signal: AbortSignal) => scripted.wait(signal) }),
        close: async () => {
          scripted.closed += 1;
        },
      };
    },
  });
  return { type: definition, queue };
}
