import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** An HTTP proxy on 127.0.0.1 that knows CONNECT alone. */
export interface ConnectProxy {
  readonly url: string;
  /** "host:port" of each tunnel, and what came as Proxy-Authorization. */
  readonly tunnels: { readonly to: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

export async function connectProxy(answer = 200): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const tunnels: ConnectProxy["tunnels"] = [];
  const server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", ({ url = "", headers }, client: Socket) => {
    tunnels.push({ to: url, authorization: headers["proxy-authorization"] });
    if (answer !== 200) return void client.end(`HTTP/1.1 ${answer} No\r\n\r\n`);
    const { hostname, port } = new URL(`http://${url}`);
    const target = connect(Number(port), hostname, () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
    target.on("error", () => client.destroy()).pipe(client);
    client.on("error", () => target.destroy()).pipe(target);
    sockets.add(target);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
