import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

const watching = new AsyncLocalStorage<(socket: Socket) => void>();
let isSubscribed = false;

/** Does `work`, and hands over each socket that it opens, for a library that does not. */
export function withSockets<T>(work: () => T, opened: (socket: Socket) => void): T {
  if (!isSubscribed) {
    isSubscribed = true;
    subscribe("net.client.socket", (message) => {
      const hear = watching.getStore();
      // Once it is being connected: Node revives a socket that is destroyed before.
      if (hear) queueMicrotask(() => hear((message as { socket: Socket }).socket));
    });
  }
  return watching.run(opened, work);
}
