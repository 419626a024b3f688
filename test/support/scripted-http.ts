import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** A request as a script sees it. */
export interface ScriptedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An answer to send; a body that is an object is sent as JSON. */
export interface PlainAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | object;
}

/** What a script answers; a function takes the response into its own hands. */
export type ScriptedAnswer = PlainAnswer | ((response: ServerResponse) => void);

export type HttpScript = (request: ScriptedRequest) => ScriptedAnswer;

export interface ScriptedHttp {
  readonly url: string;
  readonly port: number;
  readonly requests: ScriptedRequest[];
  /** Connections made so far. */
  connections(): number;
  /** Bytes of bodies written so far. */
  sent(): number;
  /** From now on, answers by another script. */
  follow(script: HttpScript): void;
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1 that answers as its script says; on a port of its own, unless one is to come back. */
export async function scriptedHttp(
  script: HttpScript,
  tls?: { key: string; cert: string },
  onPort = 0,
): Promise<ScriptedHttp> {
  const sockets = new Set<Socket>();
  const requests: ScriptedRequest[] = [];
  let current = script;
  let sent = 0;
  let connections = 0;
  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    // The date's cache is a timer that outlives the server by a second.
    response.sendDate = false;
    let body = "";
    for await (const chunk of message) body += chunk;
    const url = new URL(message.url ?? "/", `http://${message.headers.host ?? "127.0.0.1"}`);
    const request = { method: message.method ?? "GET", url, headers: message.headers, body };
    requests.push(request);
    reply(current(request), response);
  };
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    const write = response.write.bind(response);
    response.write = ((chunk: string | Buffer, ...rest: []) => {
      sent += chunk.length;
      return write(chunk, ...rest);
    }) as typeof response.write;
    handle(message, response).catch((error: Error) => response.destroy(error));
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    // A client that goes away in the middle is what many tests are about.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(onPort, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    sent: () => sent,
    follow: (next) => {
      current = next;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function reply(answer: ScriptedAnswer, response: ServerResponse): void {
  if (typeof answer === "function") {
    answer(response);
    return;
  }
  const { status = 200, headers = {}, body = "" } = answer;
  const json = typeof body === "object";
  response.writeHead(status, { "content-type": json ? "application/json" : "text/plain", ...headers });
  response.end(json ? JSON.stringify(body) : body);
}
