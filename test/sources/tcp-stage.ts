import { connect } from "node:net";
import type { Instant } from "../../src/core/index.ts";
import { pour } from "../support/pour.ts";
import { freePort, scriptedTcp, type TcpScript } from "../support/scripted-tcp.ts";
import type { Behaviour, SetStage } from "./stage.ts";

/** What sets one source over TCP apart from the others. */
export interface TcpStage {
  settings(address: { host: string; port: number }, behaviour: Behaviour): Record<string, unknown>;
  /** The system's own protocol, at least for "working"; undefined: what any TCP server can do for that behaviour. */
  script(behaviour: Behaviour, staleAt: Instant): TcpScript | undefined;
}

/** What any TCP server can do, with any protocol. */
export const PLAIN_SCRIPTS: Partial<Record<Behaviour, TcpScript>> = {
  hanging: (socket) => void socket.resume(),
  cutting: (socket) => void socket.once("data", () => socket.destroy()),
  garbage: (socket) => {
    socket.resume();
    socket.write("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>wrong door</html>\r\n");
  },
  giant: (socket) => {
    socket.resume();
    pour(socket, "x".repeat(65_536));
  },
};

/** Stages for a source that speaks a protocol of its own over TCP: a scripted server that behaves as asked. */
export function tcpStage({ settings, script }: TcpStage): SetStage {
  return async (behaviour, staleAt) => {
    if (behaviour === "refusing") {
      return {
        settings: settings({ host: "127.0.0.1", port: await freePort() }, behaviour),
        close: async () => undefined,
      };
    }
    const scripted = (next: Behaviour): TcpScript => {
      const found = script(next, staleAt) ?? PLAIN_SCRIPTS[next];
      if (!found) throw new Error(`no script for a server that is ${next}`);
      return found;
    };
    const server = await scriptedTcp(scripted(behaviour));
    return {
      settings: settings({ host: server.host, port: server.port }, behaviour),
      sent: server.sent,
      become: (next) => server.follow(scripted(next)),
      close: server.close,
    };
  };
}

/** Passes everything on to a real server, so that a stage can break the connection to it. */
export function passOn(port: number): TcpScript {
  return (socket) => {
    const upstream = connect(port, "127.0.0.1");
    upstream.on("error", () => socket.destroy());
    upstream.on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  };
}
