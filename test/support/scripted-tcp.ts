import { type AddressInfo, createServer, type Socket } from "node:net";

/** What a script does with one new connection: it listens to the socket and writes what it likes. */
export type TcpScript = (socket: Socket) => void;

export interface ScriptedTcp {
  readonly host: string;
  readonly port: number;
  /** Connections made so far. */
  connections(): number;
  sent(): number;
  /** From now on, new connections follow another script; the present ones are cut. */
  follow(script: TcpScript): void;
  close(): Promise<void>;
}

/** A TCP server on 127.0.0.1 that treats each connection as its script says. */
export async function scriptedTcp(script: TcpScript): Promise<ScriptedTcp> {
  const sockets = new Set<Socket>();
  let current = script;
  let connections = 0;
  let sentByGone = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      sentByGone += socket.bytesWritten;
    });
    current(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    sent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, sentByGone),
    follow(next) {
      current = next;
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port of 127.0.0.1 on which nothing listens (for now). */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
