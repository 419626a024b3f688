import type { ReadingFailure } from "../core/index.ts";
import type { Source } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import { asFailure } from "./look.ts";

/** Why a wait for work ended: there may be some, it cannot be waited for, it was called off, or it failed. */
export type WaitEnd = "maybe-work" | "unsupported" | "called-off" | { readonly failure: ReadingFailure };

/**
 * No wait is for ever: should a connection die without anybody noticing, a look after this long finds out. So rare
 * that it does not count against any budget of calls.
 */
const LONGEST_WAIT_MILLISECONDS = 30 * 60_000;

/** A wait for work that is under way. */
export interface Wait {
  readonly ended: Promise<WaitEnd>;
  callOff(): void;
}

/** Blocks on a source until there may be work. */
export function waitForWork(wait: NonNullable<Source["waitForWork"]>, clock: Clock, random: () => number): Wait {
  const abort = new AbortController();
  let end: (why: WaitEnd) => void = () => undefined;
  const settled = new Promise<WaitEnd>((resolve) => {
    end = resolve;
  });
  const callOff = () => {
    end("called-off");
    abort.abort(new Error("the wait was called off"));
  };
  const timer = clock.after(LONGEST_WAIT_MILLISECONDS * (0.8 + random() / 5), () => {
    end("maybe-work");
    abort.abort(new Error("the wait was renewed"));
  });
  guarded(wait, abort.signal).then(
    (answer) => end(answer === "unsupported" ? "unsupported" : "maybe-work"),
    (error: unknown) => end({ failure: asFailure(error) }),
  );
  return { ended: settled.finally(() => timer.cancel()), callOff };
}

async function guarded(wait: NonNullable<Source["waitForWork"]>, signal: AbortSignal) {
  return wait(signal);
}
