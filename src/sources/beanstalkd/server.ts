import type { Instant, Reading } from "../../core/index.ts";
import { untilAborted } from "../../shared/async.ts";
import type { Network } from "../shared/network.ts";
import type { Listening, Shared, WorkListener } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import { address as addressText } from "../shared/tcp-settings.ts";
import { stopped } from "../shared/time-limit.ts";
import { type Address, Connection } from "./connection.ts";
import { Link } from "./link.ts";
import { LookWaiting } from "./look-waiting.ts";
import { ReserveWaiting } from "./reserve-waiting.ts";
import { lookAtTube, type TubeCounts } from "./tube-counts.ts";

/** How a tube is waited on: by reserving from it, or by looking alone. */
export type Wake = "reserve" | "look";

/** One beanstalkd for all who ask about its tubes: a connection for questions, and one that blocks on each thousand idle tubes. */
export class Server implements Shared {
  readonly #name: string;
  readonly #questions: Link;
  readonly #reserveWaiting: ReserveWaiting;
  readonly #lookWaiting: LookWaiting;

  constructor(address: Address, network: Network) {
    this.#name = `beanstalkd at ${addressText(address)}`;
    const dial = () => new Connection(address, network);
    this.#questions = new Link(dial);
    this.#reserveWaiting = new ReserveWaiting(dial, this.#questions);
    this.#lookWaiting = new LookWaiting(this.#questions);
  }

  async read(tube: string, now: () => Instant, signal: AbortSignal): Promise<Reading> {
    const at = now();
    const mayCountUs = this.#reserveWaiting.countsItself(tube);
    const counts = await untilAborted(this.#look(tube), signal, () => stopped(this.#name));
    // The two connections are not in step, so where we may have been counted at either end, we were: too few idle
    // workers only keep workers a little longer.
    const ours = mayCountUs || this.#reserveWaiting.countsItself(tube) ? 1 : 0;
    return {
      at,
      value: counts.ready + counts.reserved,
      waiting: counts.ready,
      inFlight: counts.reserved,
      arrived: counts.put,
      completed: counts.deleted,
      idleWorkers: Math.max(0, counts.waiting - ours),
    };
  }

  /** The listener hears when there may be work in the tube. */
  listen(tube: string, wake: Wake, listener: WorkListener): Listening {
    return (wake === "reserve" ? this.#reserveWaiting : this.#lookWaiting).listen(tube, listener);
  }

  async #look(tube: string): Promise<TubeCounts> {
    return lookAtTube(this.#questions.connection(), tube);
  }

  dispose(): void {
    this.#questions.close();
    this.#reserveWaiting.close(new SourceError("Unavailable", "the source is closed"));
  }
}
