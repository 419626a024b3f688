import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy on 127.0.0.1 that breaks connections in the ways that networks do. */
export interface FaultProxy {
  readonly port: number;
  /** Connections made so far. */
  connections(): number;
  /** Ends all connections by RST. */
  reset(): void;
  /** Ends all connections politely, by FIN. */
  end(): void;
  /** The present connections stay open and carry nothing any more; new ones work. */
  blackHole(): void;
  /** From now on no connection is taken, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Each round trip of the next connections takes this much longer, that of the TCP handshake too. */
  slow(milliseconds: number): void;
  /** Each of the next connections is reset after so many bytes from the server: in the middle of a line, mostly. */
  cutAfter(bytes: number | undefined): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy to a port of 127.0.0.1. */
export async function faultProxy(target: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let connections = 0;
  let cut: number | undefined;
  let roundTripMs = 0;
  const join = (client: Socket): void => {
    connections += 1;
    const pair = { client, server: connect(target, "127.0.0.1") };
    pairs.add(pair);
    if (roundTripMs > 0) carrySlowly(pair, roundTripMs);
    else carry(pair, cut);
    pair.client.once("close", () => pairs.delete(pair));
  };
  let listener = await listen(join, 0);
  const { port } = listener.address() as AddressInfo;
  const each = (act: (pair: Pair) => void): void => {
    for (const pair of pairs) act(pair);
  };
  const stopListening = async (): Promise<void> => {
    if (!listener.listening) return;
    listener.close();
    each(destroy);
    await once(listener, "close");
  };
  return {
    port,
    connections: () => connections,
    reset: () => each(reset),
    end: () => each(end),
    blackHole: () => each(fallSilent),
    refuse: stopListening,
    accept: async () => {
      listener = await listen(join, port);
    },
    slow: (milliseconds) => {
      roundTripMs = milliseconds;
    },
    cutAfter: (bytes) => {
      cut = bytes;
    },
    close: stopListening,
  };
}

async function listen(join: (client: Socket) => void, port: number): Promise<Server> {
  const server = createServer(join).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function carry({ client, server }: Pair, cut: number | undefined): void {
  let left = cut ?? Number.POSITIVE_INFINITY;
  client.on("data", (chunk) => server.write(chunk));
  server.on("data", (chunk) => {
    client.write(chunk.subarray(0, Math.max(0, left)));
    left -= chunk.length;
    if (left <= 0) client.resetAndDestroy();
  });
  client.on("error", () => server.destroy()).on("close", () => server.destroy());
  server.on("error", () => client.destroy()).on("close", () => client.end());
}

function carrySlowly({ client, server }: Pair, roundTripMs: number): void {
  // The kernel has accepted the connection already: the first chunk waits for the handshake that a slow network would need.
  const connectedAt = performance.now() + roundTripMs;
  const later = (act: () => void) => setTimeout(act, Math.max(connectedAt - performance.now(), 0) + roundTripMs / 2);
  client.on("data", (chunk) => later(() => server.write(chunk)));
  server.on("data", (chunk) => later(() => client.write(chunk)));
  client.on("error", () => server.destroy()).on("close", () => later(() => server.destroy()));
  server.on("error", () => client.destroy()).on("close", () => later(() => client.end()));
}

function reset({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.destroy();
}

function end({ client, server }: Pair): void {
  client.end();
  server.destroy();
}

function fallSilent({ client, server }: Pair): void {
  client.removeAllListeners("data");
  server.removeAllListeners("data");
}

function destroy({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
