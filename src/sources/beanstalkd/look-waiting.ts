import type { Listening, WorkListener } from "../shared/source.ts";
import type { Link } from "./link.ts";
import { LookLoop } from "./look-loop.ts";
import { Waiters } from "./waiters.ts";

/** Waiting for work that leaves the jobs alone: by looking. */
export class LookWaiting {
  readonly #looks: LookLoop;
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#looks.start(tube),
    unwanted: (tube) => this.#looks.stop(tube),
  });

  constructor(link: Link) {
    this.#looks = new LookLoop(link, {
      ready: (tube) => this.#waiters.wake(tube),
      failed: (tube, error) => this.#waiters.fail(tube, error),
    });
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }
}
