/** Share of the process's time that the answers to one namespace's reads may take. */
const TIME_SHARE = 0.05;
/** An answer that takes less than this delays no one. */
const FREE_MILLISECONDS = 1;
const MOST_NAMESPACES = 1_000;

/**
 * Keeps one namespace's answers from taking the process's time from the others: a read whose answer took long to take
 * in is repeated later, and so are all such reads of its namespace together. Small answers cost nothing.
 */
export class AnswerTime {
  readonly #paidAt = new Map<string, number>();

  /** Notes the milliseconds that an answer took. Returns when its read may be repeated at the earliest; both on one steady clock. */
  charge(namespace: string, milliseconds: number, now: number): number {
    if (milliseconds < FREE_MILLISECONDS) return now;
    if (this.#paidAt.size >= MOST_NAMESPACES) this.#forgetPaid(now);
    const paidAt = Math.max(this.#paidAt.get(namespace) ?? 0, now) + milliseconds / TIME_SHARE;
    this.#paidAt.set(namespace, paidAt);
    return paidAt;
  }

  #forgetPaid(now: number): void {
    for (const [namespace, paidAt] of this.#paidAt) if (paidAt <= now) this.#paidAt.delete(namespace);
  }
}

/** First polls that may be made at once: a process with few autoscalers does not wait. */
const AT_ONCE = 50;
/** Beyond them, first polls a second. */
const PER_SECOND = 20;
/** With thousands, every signal has had its first poll within this share of its interval. */
const INTERVAL_SHARE = 0.8;

/**
 * Spreads the first polls of a process that starts with many autoscalers on metric servers, which are not sized for all
 * of them at once. What is read every minute or so loses nothing by being read some seconds later.
 */
export class FirstPolls {
  /** When all that have asked so far have had their turn, in monotonic milliseconds. */
  #allServedAt = 0;

  /** Milliseconds that the next one waits. `now`: monotonic milliseconds. */
  wait(intervalSeconds: number, now: number): number {
    const each = 1000 / PER_SECOND;
    this.#allServedAt = Math.max(this.#allServedAt, now) + each;
    const wait = this.#allServedAt - now - AT_ONCE * each;
    return wait <= 0 ? 0 : wait % (intervalSeconds * INTERVAL_SHARE * 1000);
  }
}

/** Reads a second of one server, and of all together, that signals of sleeping workloads share. */
const READS_A_SECOND = { server: 20, all: 200 };
/** What takes a server long to answer costs it something: each signal asks for no more than this share of its time. */
const SHARE_OF_SERVER = 0.1;

/** Counts the signals that read an empty queue for a workload without replicas, by server: they share a budget. */
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

  /**
   * The pause in seconds before the next read of an empty queue that cannot wake its workload by itself. `asleepSeconds`:
   * what its source declares to be reasonable where there are few of them. `readSeconds`: how long the last read took.
   */
  pause(server: string, asleepSeconds: number, readSeconds: number): number {
    const onServer = this.#byServer.get(server) ?? 0;
    const budget = Math.max(onServer / READS_A_SECOND.server, this.#all / READS_A_SECOND.all);
    return Math.max(asleepSeconds, budget, readSeconds / SHARE_OF_SERVER);
  }
}
