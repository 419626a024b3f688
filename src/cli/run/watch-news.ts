import type { Log } from "../../controller/log.ts";
import type { WatchHealth } from "../../kubernetes/index.ts";

/** A watch that is cut goes on within this time: only what lasts longer is news. */
const PATIENCE_MILLISECONDS = 3_000;

/** Says when a kind of autoscalers cannot be watched, why, and when it can be. */
export class WatchNews {
  readonly #log: Log;
  readonly #troubles = new Map<string, string>();
  readonly #told = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What is wrong right now, one sentence for each kind of objects. */
  get troubles(): readonly string[] {
    return [...this.#troubles.values()];
  }

  readonly heard = ({ resource, failure }: WatchHealth): void => {
    this.#hush(resource);
    if (failure === undefined) {
      this.#troubles.delete(resource);
      if (this.#told.delete(resource)) this.#log.info("These autoscalers can be watched now", { resource });
      return;
    }
    const { kind, message: detail } = failure;
    this.#troubles.set(resource, detail);
    const tell = () => {
      this.#told.add(resource);
      if (kind === "NotFound") this.#log.info("These autoscalers are not installed yet", { resource, detail });
      else this.#log.warn("These autoscalers cannot be watched", { resource, kind, detail });
    };
    this.#timers.set(resource, setTimeout(tell, PATIENCE_MILLISECONDS));
  };

  close(): void {
    for (const resource of [...this.#timers.keys()]) this.#hush(resource);
  }

  #hush(resource: string): void {
    clearTimeout(this.#timers.get(resource));
    this.#timers.delete(resource);
  }
}
