import { onAbort } from "./on-abort.ts";

/** An abort signal that also fires after a time, and whose timer and listener are given back. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the time, and not the parent, that ended it. */
  expired(): boolean;
  /** The time counts from now. */
  restartClock(): void;
  /** The time does not count any more; the parent still does. */
  stopClock(): void;
  end(): void;
}

/** Follows `parent` and ends after `milliseconds`. Call `end` when done (AbortSignal.timeout cannot be cancelled). */
export function deadline(parent: AbortSignal, milliseconds: number): Deadline {
  const controller = new AbortController();
  let expired = false;
  const abort = () => controller.abort(parent.reason);
  const expire = () => {
    expired = true;
    controller.abort(new Error(`no answer within ${milliseconds} ms`));
  };
  let timer = setTimeout(expire, milliseconds);
  const leave = onAbort(parent, abort);
  return {
    signal: controller.signal,
    expired: () => expired,
    restartClock() {
      clearTimeout(timer);
      timer = setTimeout(expire, milliseconds);
    },
    stopClock: () => clearTimeout(timer),
    end() {
      clearTimeout(timer);
      leave();
    },
  };
}
