import { printableDeep } from "../../core/index.ts";
import {
  askController,
  askJournal,
  type ControllerAddress,
  type Explanation,
  type Question,
} from "../../journal/explain.ts";
import { askStatus } from "../../journal/explain-status.ts";
import { ConnectedClient, findConnection } from "../../kubernetes/index.ts";
import { parseInstant } from "../../shared/parse-time.ts";
import { readVersion } from "../../shared/shipped.ts";
import { asUserError, UserError } from "../../shared/user-error.ts";
import { parseNumberOption } from "./parse-numbers.ts";
import { forwardToController } from "./port-forward.ts";
import { readText } from "./read-text.ts";

/** The options of addControllerOptions. */
export interface WhereToAsk {
  readonly kind?: string;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly service?: string;
  /** Through `kubectl port-forward`. */
  readonly portForward?: boolean;
  readonly context?: string;
  readonly kubeConfig?: string;
  readonly journal?: string;
}

/** The options of `muster why`. */
export interface WhyOptions extends WhereToAsk {
  readonly namespace?: string;
  readonly at?: string;
  readonly last?: string;
  readonly output: "text" | "json";
}

/** A controller keeps no more decisions of one autoscaler. */
const MOST = 1_000;

/** Parses the question; throws a UserError for what it cannot understand. */
export function parseQuestion(written: string, { at, last, kind, ...rest }: WhyOptions, now: number): Question {
  const parts = written.split("/");
  const [namespace, name] = parts.length === 1 ? [rest.namespace ?? "default", written] : parts;
  if (!namespace || !name || parts.length > 2) {
    throw new UserError(`expected NAMESPACE/NAME, got "${written}"`);
  }
  const count = parseNumberOption("--last", last ?? "1", { from: 1, to: MOST, whole: true });
  return { namespace, name, kind, at: at === undefined ? undefined : parseInstant("--at", at, now), last: count, now };
}

/** No source of decisions answered. The message says what was tried. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** Asks what the options name: a journal on disk, a controller, else the object's status. */
export async function explain(question: Question, options: WhereToAsk): Promise<Explanation> {
  // Names and messages come from objects and servers: a line end in one must not start a new line.
  return printableDeep(await answerTo(question, options));
}

async function answerTo(question: Question, options: WhereToAsk): Promise<Explanation> {
  if (options.journal !== undefined) return askJournal(options.journal, question);
  if (options.server !== undefined) {
    const way = atServer(options.server, options.tokenFile);
    return askController(way, question).catch((error: unknown) => {
      throw error instanceof UserError ? error : new Unanswered(describeFailure(way, error));
    });
  }
  if (options.tokenFile !== undefined) {
    throw new UserError("--token-file: expected --server too, as the API server does not forward a token");
  }
  if (options.portForward !== true) return throughCluster(question, options);
  const answer = await throughPortForward(question, options).catch((error: Error) => error);
  if (!(answer instanceof Error)) return answer;
  const explanation = await throughCluster(question, options).catch(({ name, message }: Error) => {
    const both = `${message}; before that, ${answer.message}`;
    throw name === "UserError" ? new UserError(both) : new Unanswered(both);
  });
  return { ...explanation, tried: [answer.message, ...explanation.tried] };
}

async function throughPortForward(question: Question, options: WhereToAsk): Promise<Explanation> {
  const { kubeConfig, context } = options;
  const forward = await forwardToController({
    ...(kubeConfig === undefined ? {} : { kubeConfig }),
    ...(context === undefined ? {} : { context }),
  });
  try {
    const way = atServer(forward.url, undefined);
    return await askController(way, question).catch((error: unknown) => {
      throw error instanceof UserError ? error : new Unanswered(describeFailure(way, error));
    });
  } finally {
    forward.close();
  }
}

async function throughCluster(question: Question, options: WhereToAsk): Promise<Explanation> {
  const { kubeConfig, context, service } = options;
  const choice = { path: kubeConfig, ...(context === undefined ? {} : { context }) };
  const connection = await asUserError(() => findConnection(choice));
  const client = new ConnectedClient(connection, { userAgent: `muster/${readVersion()}` });
  try {
    const get = (path: string, what: string): Promise<unknown> =>
      client.call({ method: "GET", path, what, lane: "read" }, AbortSignal.timeout(PATIENCE_MS));
    const failures: string[] = [];
    for (const name of service === undefined ? USUAL_SERVICES : [service]) {
      const way = throughService(get, name);
      const answer = await askController(way, question).catch((error: unknown) => {
        if (error instanceof UserError) throw error;
        return describeFailure(way, error);
      });
      if (typeof answer !== "string") return answer;
      failures.push(answer);
    }
    const answer = failures.join("; ");
    const explanation = await askStatus(get, question).catch((error: unknown) => {
      if (error instanceof UserError) throw new UserError(`${error.message}; before that, ${answer}`);
      throw new Unanswered(`${answer}; nor can the object be read: ${describeError(error)}`);
    });
    return { ...explanation, tried: [answer] };
  } finally {
    await client.close();
  }
}

function describeFailure({ name }: ControllerAddress, error: unknown): string {
  return `${name} could not be asked: ${describeError(error)}`;
}

/** `fetch` says what happened in its error's cause. */
function describeError(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}

const PATIENCE_MS = 10_000;
/** Where the chart and deploy/install.yaml put it, and where earlier versions did. */
const USUAL_SERVICES = ["muster/muster:8787", "kube-system/muster:8787"];
/** One of two replicas behind a Service leads: 12 tries miss it once in 4096 times. */
const SERVICE_TRIES = 12;

/** The controller at an address. */
function atServer(url: string, tokenFile: string | undefined): ControllerAddress {
  const server = parseServer(url);
  const headers = tokenFile === undefined ? {} : { authorization: `Bearer ${readToken(server, tokenFile)}` };
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
function throughService(get: (path: string, what: string) => Promise<unknown>, service: string): ControllerAddress {
  const match = /^(?<namespace>[^/:]+)\/(?<name>[^/:]+):(?<port>[^/:]+)$/.exec(service)?.groups;
  if (match === undefined) throw new UserError(`--service: expected NAMESPACE/NAME:PORT, got "${service}"`);
  const base = `/api/v1/namespaces/${match.namespace}/services/${match.name}:${match.port}/proxy`;
  return {
    name: `the controller, through the API server and Service ${service}`,
    tries: SERVICE_TRIES,
    get: (path) => get(`${base}${path}`, "get services/proxy"),
  };
}

/** A token is sent over TLS, or to this machine, where kubectl port-forward encrypts it. */
function readToken(server: URL, file: string): string {
  const isLocal = /^(localhost|127\.[\d.]+|\[::1\])$/.test(server.hostname);
  if (server.protocol !== "https:" && !isLocal) {
    throw new UserError(
      "--token-file: expected a --server with https:// or on this machine, got one that would send the token unencrypted",
    );
  }
  return readText(file).trim();
}

function parseServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "") return url;
  throw new UserError("--server: expected an address such as http://localhost:8787, without a user name");
}
