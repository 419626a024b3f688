import type { IncomingMessage } from "node:http";
import { type Instant, isProtected, type WorkerPod } from "../core/index.ts";
import { KubernetesError, type PodReference, type Pods, type TokenPod } from "../kubernetes/ports.ts";
import { readBody } from "../shared/read-body.ts";
import { errorStatus } from "./api.ts";
import { RequestBudget } from "./request-budget.ts";

/** Whom the protection call asks, on every replica of the controller. */
export interface ProtectionGround {
  readonly tokens: { podOf(token: string): Promise<TokenPod> };
  readonly pods: Pick<Pods, "find" | "protect">;
  readonly now: () => Instant;
}

export interface ProtectionAnswer {
  readonly code: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

type Pod = Required<PodReference>;

const PERMISSIONS = "apply deploy/busy-workers.yaml for its namespace, or set rbac.busyWorkers of the chart";
const MOST_BODY_BYTES = 1_024;
/** No ServiceAccount token is longer than a few kilobytes. */
const MOST_TOKEN_CHARACTERS = 8_192;
const LONGEST_SECONDS = 48 * 60 * 60;
const MOST_AT_ONCE = 64;
/** Of calls to the API server. */
const TIMEOUT_MILLISECONDS = 8_000;
const CALLS_OF_A_POD = { burst: 10, perSecond: 2 };
/** Tokens that are refused cost two TokenReviews each. Several pods may share an address, and one of them may have a wrong token. */
const REFUSALS_OF_AN_ADDRESS = { burst: 50, perSecond: 10 };
const EXPECTED_BODY = '{"expiresInSeconds": 600}';
const LEAVING =
  "this worker is about to be stopped: take no message, and give back the one that you have not begun; ask again in a few seconds if no SIGTERM comes";

/**
 * PUT, GET and DELETE /api/v1/protection: a pod protects itself from being stopped by a scale-down. Its own token says
 * which pod it is, so it can protect no other.
 */
export class ProtectionApi {
  readonly #ground: ProtectionGround | undefined;
  readonly #calls = new RequestBudget(CALLS_OF_A_POD.burst, CALLS_OF_A_POD.perSecond);
  readonly #refusals = new RequestBudget(REFUSALS_OF_AN_ADDRESS.burst, REFUSALS_OF_AN_ADDRESS.perSecond);
  #underWay = 0;

  /** No ground: nothing may be written. */
  constructor(ground: ProtectionGround | undefined) {
    this.#ground = ground;
  }

  async answer(request: IncomingMessage): Promise<ProtectionAnswer> {
    const { method = "" } = request;
    if (!["GET", "PUT", "DELETE"].includes(method)) {
      return { ...refuse(405, "expected GET, PUT or DELETE"), headers: { Allow: "GET, PUT, DELETE" } };
    }
    if (this.#ground === undefined) {
      return refuse(503, "protection is off: this controller runs with --dry-run and writes nothing");
    }
    // Before the call counts as one of those under way: a slow client holds up nobody but itself.
    const seconds = method === "PUT" ? await readSeconds(request) : 0;
    if (typeof seconds !== "number") return seconds;
    if (this.#underWay >= MOST_AT_ONCE) {
      return later(503, `${MOST_AT_ONCE} workers are being answered right now: ask again in a second`);
    }
    this.#underWay += 1;
    try {
      return await this.#answer(request, seconds, this.#ground);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      return explain(error);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #answer(request: IncomingMessage, seconds: number, ground: ProtectionGround): Promise<ProtectionAnswer> {
    const caller = await this.#identify(request, ground);
    if ("code" in caller) return caller;
    if (!this.#calls.take(caller.uid)) {
      const { burst, perSecond } = CALLS_OF_A_POD;
      const expected = `expected at most ${burst} calls of a pod at once and ${perSecond} a second`;
      return later(429, `${expected}: protect it for a longer time`);
    }
    const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    if (request.method === "GET") return show(caller, await ground.pods.find(caller, signal), ground.now());
    const until = request.method === "PUT" ? ground.now() + seconds * 1000 : undefined;
    return settle(caller, until, await ground.pods.protect(caller, until, signal));
  }

  async #identify(request: IncomingMessage, { tokens }: ProtectionGround): Promise<Pod | ProtectionAnswer> {
    const address = request.socket.remoteAddress ?? "";
    if (!this.#refusals.isLeft(address)) {
      return later(
        429,
        "too many calls with tokens that were refused: ask again in a few seconds with the pod's token",
      );
    }
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const pod = token === undefined || token.length > MOST_TOKEN_CHARACTERS ? "unreadable" : await tokens.podOf(token);
    if (typeof pod === "object") return pod;
    this.#refusals.take(address);
    if (pod === "no-pod") {
      const remedy = "mount one as a projected volume (serviceAccountToken), as in examples/protection/worker.yaml";
      return refuse(403, `expected a token that is bound to a pod, which says which pod to protect: ${remedy}`);
    }
    const expected = "a header Authorization: Bearer with the token of the pod's own ServiceAccount";
    const got = pod === "unknown" ? "the API server does not know it; read its file again before each call" : "none";
    return { ...refuse(401, `expected ${expected}: ${got}`), headers: { "WWW-Authenticate": "Bearer" } };
  }
}

function show(caller: Pod, pod: WorkerPod | undefined, now: Instant): ProtectionAnswer {
  const { protectedUntil } = pod ?? {};
  const isInForce = pod !== undefined && isProtected(pod, now);
  const leaving = pod === undefined || pod.isEnding || pod.deletionCost?.isOurs === true;
  return { code: 200, body: { ...describe(caller, isInForce ? protectedUntil : undefined), leaving } };
}

function settle(
  caller: Pod,
  until: Instant | undefined,
  outcome: Awaited<ReturnType<Pods["protect"]>>,
): ProtectionAnswer {
  // What ends needs no protection, and has none.
  if (outcome === "leaving" || outcome === "gone") {
    return until === undefined ? { code: 200, body: describe(caller, undefined) } : refuse(409, LEAVING);
  }
  return { code: 200, body: describe(caller, outcome === "forever" ? outcome : until) };
}

function describe({ namespace, name }: Pod, until: Instant | "forever" | undefined): object {
  const protectedUntil = typeof until === "number" ? new Date(until).toISOString() : (until ?? null);
  return { pod: `${namespace}/${name}`, protectedUntil };
}

/** The seconds that the body asks for, or what is wrong with it. */
async function readSeconds(request: IncomingMessage): Promise<number | ProtectionAnswer> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readBody(request.iterator({ destroyOnReturn: false }), MOST_BODY_BYTES);
  } catch {
    // The caller has closed the connection, or took too long; nobody reads this.
    return refuse(400, `expected a body such as ${EXPECTED_BODY}, got a part of one`);
  }
  if (bytes === undefined) {
    return refuse(413, `expected a body such as ${EXPECTED_BODY}, got more than ${MOST_BODY_BYTES} bytes`);
  }
  const stated = parseObject(bytes.toString("utf8"));
  const { expiresInSeconds: seconds, ...rest } = stated ?? {};
  const [unknown] = Object.keys(rest);
  if (stated === undefined) return refuse(400, `expected a body such as ${EXPECTED_BODY}, got something else`);
  if (unknown !== undefined) {
    return refuse(
      400,
      `expected a body such as ${EXPECTED_BODY}, got a field ${JSON.stringify(unknown.slice(0, 50))} too`,
    );
  }
  const isFit = Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= LONGEST_SECONDS;
  if (isFit) return Number(seconds);
  const got = seconds === undefined ? "none" : JSON.stringify(seconds).slice(0, 50);
  return refuse(
    400,
    `expiresInSeconds: expected a whole number of seconds from 1 to ${LONGEST_SECONDS} (48 h), got ${got}`,
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** An error of the API server, with what to do about it. */
function explain({ kind, message }: KubernetesError): ProtectionAnswer {
  if (kind === "Forbidden") {
    return refuse(503, `protection is off: the controller lacks a permission (${message}): ${PERMISSIONS}`);
  }
  return later(503, `the API server cannot be asked: ${message}; ask again in a second`);
}

function later(code: 429 | 503, message: string): ProtectionAnswer {
  return { ...refuse(code, message), headers: { "Retry-After": "1" } };
}

const REASONS = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  405: "MethodNotAllowed",
  409: "Conflict",
  413: "RequestEntityTooLarge",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
} as const;

function refuse(code: keyof typeof REASONS, message: string): ProtectionAnswer {
  return { code, body: errorStatus(code, REASONS[code], message) };
}
