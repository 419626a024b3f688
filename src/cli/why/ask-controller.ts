import type * as z from "zod";
import type { ApiClient } from "../../kubernetes/index.ts";
import { UserError } from "../../shared/user-error.ts";
import { readText } from "../shared/read-text.ts";
import { autoscalerAnswer, journalAnswer } from "./answers.ts";
import { type Explanation, onlyKind, selected, unknownAutoscaler } from "./explanation.ts";
import type { Question } from "./why-options.ts";

/** One way to a controller. */
export interface Way {
  /** As a phrase: "the controller at http://localhost:8787". */
  readonly name: string;
  /** Another try may reach another process, of which one leads. */
  readonly tries: number;
  get(path: string): Promise<unknown>;
}

const PATIENCE_MS = 10_000;
/** Of two processes behind a Service one leads: not to meet it in so many tries is one chance in thousands. */
const SERVICE_TRIES = 12;
/** The most that the API gives. */
const LIMIT = 1_000;

/** The controller at an address. */
export function atServer(url: string, tokenFile: string | undefined): Way {
  const server = parsedUrl(url);
  const headers = tokenFile === undefined ? {} : { authorization: `Bearer ${tokenFor(server, tokenFile)}` };
  return {
    name: `the controller at ${server.origin}`,
    tries: 1,
    async get(path) {
      const answer = await fetch(new URL(path, server), { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const body: unknown = await answer.json().catch(() => undefined);
      if (answer.ok && body !== undefined) return body;
      const message = (body as { message?: unknown } | undefined)?.message;
      throw new Error(
        `HTTP ${answer.status}: ${typeof message === "string" ? message : "not an answer of muster run"}`,
      );
    },
  };
}

/** The controller behind a Service, by way of the API server. */
export function throughService(client: ApiClient, service: string): Way {
  const match = /^(?<namespace>[^/:]+)\/(?<name>[^/:]+):(?<port>[^/:]+)$/.exec(service)?.groups;
  if (match === undefined) throw new UserError(`--service: expected NAMESPACE/NAME:PORT, got "${service}"`);
  const base = `/api/v1/namespaces/${match.namespace}/services/${match.name}:${match.port}/proxy`;
  const call = { method: "GET", what: "get services/proxy", lane: "read", timeoutMs: PATIENCE_MS } as const;
  return {
    name: `the controller, through the API server and Service ${service}`,
    tries: SERVICE_TRIES,
    get: (path) => client.call({ ...call, path: `${base}${path}` }, AbortSignal.timeout(PATIENCE_MS)),
  };
}

/** Asks a controller. Rejects with a UserError where the question is wrong, and with another where nobody answers. */
export async function askController(way: Way, question: Question): Promise<Explanation> {
  const { namespace, name, kind } = question;
  const about = new URLSearchParams({ namespace, name, ...(kind === undefined ? {} : { kind }) });
  const journal = await fromLeader(way, `/api/v1/journal?${about}&limit=${LIMIT}`, journalAnswer);
  const [found] = journal.autoscalers;
  if (found === undefined) throw unknownAutoscaler(question, journal.names ?? [], `that ${way.name} knows of`);
  onlyKind(
    journal.autoscalers.map((one) => one.kind),
    question,
  );
  const path = `/api/v1/autoscalers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { conditions, newest, whatWouldChange } = await fromLeader(way, `${path}?kind=${found.kind}`, autoscalerAnswer);
  // Between the two answers it may have decided again: what would change belongs to the newest.
  const entries = journal.entries.filter(({ at }) => at !== newest?.at);
  const chosen = selected(newest === undefined ? entries : [...entries, newest], question);
  const isNewest = chosen.at(-1)?.at === newest?.at;
  return {
    ...{ from: way.name, tried: [], id: found.id, conditions, entries: chosen },
    whatWouldChange: isNewest ? whatWouldChange : undefined,
  };
}

async function fromLeader<Answer extends { readonly leader: boolean }>(
  way: Way,
  path: string,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  for (let tries = 0; tries < way.tries; tries++) {
    const read = schema.safeParse(await way.get(path));
    if (!read.success) throw new Error("its answer is none of muster run, or of another version");
    if (read.data.leader) return read.data;
  }
  throw new Error("it stands by, and only the process that leads has readings and decisions");
}

/** A token goes over TLS, or to this machine, where kubectl port-forward encrypts it. */
function tokenFor(server: URL, file: string): string {
  const isLocal = /^(localhost|127\.[\d.]+|\[::1\])$/.test(server.hostname);
  if (server.protocol !== "https:" && !isLocal) {
    throw new UserError(
      "--token-file: expected a --server with https:// or on this machine, got one that would see the token in clear",
    );
  }
  return readText(file).trim();
}

function parsedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "") return url;
  throw new UserError("--server: expected an address such as http://localhost:8787, without a user name");
}
