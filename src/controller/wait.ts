import type { ReadingFailure } from "../core/index.ts";
import type { Source } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import { asFailure } from "./look.ts";

/** Why a wait for work ended: there may be some, it cannot be waited for, it was called off, or it failed. */
export type WaitEnd = "maybe-work" | "unsupported" | "called-off" | { readonly failure: ReadingFailure };

/** A wait for work that is under way. */
export interface Wait {
  readonly ended: Promise<WaitEnd>;
  callOff(): void;
}

/**
 * No wait is for ever: should a connection die without anybody noticing, a look after this long finds out. So rare
 * that it does not count against any budget of calls.
 */
const LONGEST_WAIT_MILLISECONDS = 30 * 60_000;
/** Node keeps a list for each length of time that it is asked to wait; few lengths, few lists. */
const GRAIN_MILLISECONDS = 10_000;

/** Blocks on a source until there may be work. */
export function waitForWork(source: Source, clock: Clock, random: () => number): Wait {
  const abort = new AbortController();
  let settle: (end: WaitEnd) => void = () => undefined;
  const ended = new Promise<WaitEnd>((resolve) => {
    settle = (end) => {
      timer.cancel();
      resolve(end);
    };
  });
  const giveUp = (end: WaitEnd) => {
    settle(end);
    abort.abort(new Error("the wait was called off"));
  };
  const longest = LONGEST_WAIT_MILLISECONDS * (0.8 + random() / 5);
  const grains = Math.ceil(longest / GRAIN_MILLISECONDS);
  const timer = clock.after(grains * GRAIN_MILLISECONDS, () => giveUp("maybe-work"));
  const failed = (error: unknown) => settle({ failure: asFailure(error) });
  try {
    if (source.waitForWork === undefined) settle("unsupported");
    else source.waitForWork(abort.signal).then((end) => settle(end === "unsupported" ? end : "maybe-work"), failed);
  } catch (error) {
    failed(error);
  }
  return { ended, callOff: () => giveUp("called-off") };
}
