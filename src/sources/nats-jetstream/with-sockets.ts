import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

const watching = new AsyncLocalStorage<Set<Socket>>();
let isSubscribed = false;

/** Does `work` and tells which sockets it opens, for a library that does not hand them out. */
export function withSockets<T>(work: () => T): { readonly result: T; readonly sockets: ReadonlySet<Socket> } {
  if (!isSubscribed) {
    isSubscribed = true;
    subscribe("net.client.socket", (message) => watching.getStore()?.add((message as { socket: Socket }).socket));
  }
  const sockets = new Set<Socket>();
  return { result: watching.run(sockets, work), sockets };
}
