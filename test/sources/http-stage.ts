import type { Instant } from "../../src/core/index.ts";
import { pour } from "../support/pour.ts";
import { type HttpScript, type ScriptedAnswer, type ScriptedRequest, scriptedHttp } from "../support/scripted-http.ts";
import { freePort } from "../support/scripted-tcp.ts";
import type { Behaviour, SetStage } from "./stage.ts";

/** What sets one HTTP source apart from the others. */
export interface HttpStage {
  settings(url: string): Record<string, unknown>;
  /** The system's own wording, at least of "working" and "missing"; undefined: HTTP's own for that behaviour. */
  answer(behaviour: Behaviour, request: ScriptedRequest, staleAt: Instant): ScriptedAnswer | undefined;
}

const PLAIN: Partial<Record<Behaviour, ScriptedAnswer>> = {
  unauthorized: { status: 401, body: "who are you?" },
  forbidden: { status: 403, body: "not you" },
  notFound: { status: 404, body: "no such thing" },
  throttled: { status: 429, headers: { "retry-after": "1" }, body: "slow down" },
  failing: { status: 503, body: "out of order" },
  garbage: { headers: { "content-type": "text/html" }, body: "<html><h1>Welcome</h1></html>" },
  giant: (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    pour(response, `"${"x".repeat(65_535)}`);
  },
  hanging: () => undefined,
  cutting: (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write("[", () => response.destroy());
  },
};

/** Stages for a source that speaks HTTP: a scripted server that behaves as asked. */
export function httpStage({ settings, answer }: HttpStage): SetStage {
  return async (behaviour, staleAt) => {
    if (behaviour === "refusing") {
      return { settings: settings(`http://127.0.0.1:${await freePort()}`), close: async () => undefined };
    }
    const script = (next: Behaviour): HttpScript => {
      return (request) =>
        answer(next, request, staleAt) ?? PLAIN[next] ?? { status: 500, body: `no script for ${next}` };
    };
    const server = await scriptedHttp(script(behaviour));
    return {
      settings: settings(server.url),
      sent: server.sent,
      become: (next) => server.follow(script(next)),
      close: server.close,
    };
  };
}
