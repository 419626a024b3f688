import { pause } from "../../shared/async.ts";
import type { ApiClient } from "../transport/api-client.ts";

/** A little more, as timers ring up to a millisecond early. */
const SECOND_MS = 1_002;

/** The same client, with at most this many calls in any second, in the order in which they were made. */
export function pacedClient(client: ApiClient, perSecond: number): ApiClient {
  /** When the last calls began, oldest first, in monotonic milliseconds. */
  const begins: number[] = [];
  let turn: Promise<void> = Promise.resolve();
  const takeTurn = async (signal: AbortSignal) => {
    const [oldest] = begins;
    const wait = oldest === undefined || begins.length < perSecond ? 0 : oldest + SECOND_MS - performance.now();
    if (wait > 0) await pause(wait, signal);
    // It will not be sent.
    if (signal.aborted) return;
    if (begins.length === perSecond) begins.shift();
    begins.push(performance.now());
  };
  return {
    features: client.features,
    async call(call, signal) {
      turn = turn.then(() => takeTurn(signal));
      await turn;
      return client.call(call, signal);
    },
    watch: (path, what, signal) => client.watch(path, what, signal),
    close: () => client.close(),
  };
}
