/** Reads a second of one server, and of all together, that signals of sleeping workloads share. */
const READS_A_SECOND = { server: 20, all: 200 };
/** What takes a server long to answer costs it something: each signal asks for no more than this share of its time. */
const SHARE_OF_SERVER = 0.1;

/** Who else reads an empty queue for a workload without replicas. */
export interface Sleepers {
  /** On the same server, this one included. */
  readonly onServer: number;
  readonly inAll: number;
}

/**
 * The pause in seconds before the next read of an empty queue that cannot wake its workload by itself. `asleepSeconds`:
 * what its source declares to be reasonable where there are few of them. `readSeconds`: how long the last read took.
 */
export function sleepingPause(asleepSeconds: number, readSeconds: number, { onServer, inAll }: Sleepers): number {
  const budget = Math.max(onServer / READS_A_SECOND.server, inAll / READS_A_SECOND.all);
  return Math.max(asleepSeconds, budget, readSeconds / SHARE_OF_SERVER);
}

/** Counts the signals that share the budget of each server. */
export class SleepingReads {
  readonly #byServer = new Map<string, number>();
  #all = 0;

  /** One more, or one fewer. */
  count(server: string, change: 1 | -1): void {
    this.#all += change;
    const onServer = (this.#byServer.get(server) ?? 0) + change;
    if (onServer > 0) this.#byServer.set(server, onServer);
    else this.#byServer.delete(server);
  }

  of(server: string): Sleepers {
    return { onServer: this.#byServer.get(server) ?? 0, inAll: this.#all };
  }
}

/** The part of one signal in that. */
export class SleepingReader {
  readonly #reads: SleepingReads;
  /** Undefined where no server is asked. */
  readonly #server: string | undefined;
  #isSleeping = false;

  constructor(reads: SleepingReads, server: string | undefined) {
    this.#reads = reads;
    this.#server = server;
  }

  /** Whether it now reads an empty queue for nothing but a first message. */
  set isSleeping(isSleeping: boolean) {
    if (this.#server === undefined || isSleeping === this.#isSleeping) return;
    this.#isSleeping = isSleeping;
    this.#reads.count(this.#server, isSleeping ? 1 : -1);
  }

  /** The pause before the next read in seconds; at most what is usual. */
  pause(usualSeconds: number, asleepSeconds: number | undefined, readSeconds: number): number {
    if (!this.#isSleeping || this.#server === undefined || asleepSeconds === undefined) return usualSeconds;
    return Math.min(usualSeconds, sleepingPause(asleepSeconds, readSeconds, this.#reads.of(this.#server)));
  }
}
