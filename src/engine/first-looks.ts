/** So many may look the moment they are there: nobody with few autoscalers waits. */
const AT_ONCE = 50;
/** Beyond them, first looks a second. */
const PER_SECOND = 20;
/** Where that would take long, as with thousands, everybody has had a look within this share of its interval. */
const INTERVAL_SHARE = 0.8;

/**
 * Spreads the first looks of a process that starts with many autoscalers on metric servers, which nobody sized for all
 * of them at once. What is read every minute or so loses nothing by being read some seconds later.
 */
export class FirstLooks {
  /** When all that have asked so far have had their turn, in monotonic milliseconds. */
  #allServedAt = 0;

  /** Milliseconds that the next one waits. `now`: monotonic milliseconds. */
  turn(intervalSeconds: number, now: number): number {
    const each = 1000 / PER_SECOND;
    this.#allServedAt = Math.max(this.#allServedAt, now) + each;
    const wait = this.#allServedAt - now - AT_ONCE * each;
    return wait <= 0 ? 0 : wait % (intervalSeconds * INTERVAL_SHARE * 1000);
  }
}
