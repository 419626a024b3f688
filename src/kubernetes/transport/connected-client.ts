import type { Dispatcher } from "undici";
import { Deadline, untilAborted } from "../../shared/async.ts";
import { readBody } from "../../shared/read-body.ts";
import type { Connection, Identity, RequestHeaders } from "../connection/connection.ts";
import { ALWAYS, KubernetesError } from "../ports.ts";
import { answerError, connectionError, malformed, retryAfterOf } from "./answer-error.ts";
import type { ApiCall, ApiClient, ApiClientOptions } from "./api-client.ts";
import { RequestPools } from "./request-pools.ts";
import { untilSilent, WatchConnections } from "./watch-connections.ts";

/** Besides the time that new connections take. */
const CALL_TIMEOUT_MS = 10_000;
const WATCH_HEAD_TIMEOUT_MS = 30_000;
const SILENCE_MS = 90_000;
const LARGEST_ANSWER = 64 * 1024 * 1024;
const LARGEST_ERROR = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

interface Sending {
  readonly call: ApiCall;
  readonly limit: Deadline;
  readonly refusal: () => KubernetesError | undefined;
}

/** The client of one connection: calls on pools of HTTP/1.1 connections, watches on one of HTTP/2. */
export class ConnectedClient implements ApiClient {
  /** Assumed until a server refuses: 1.27 and later can stream a list. */
  readonly features = { watchList: true };
  readonly #connection: Connection;
  readonly #options: ApiClientOptions;
  readonly #pools: RequestPools;
  readonly #watches: WatchConnections;

  constructor(connection: Connection, options: ApiClientOptions = {}) {
    this.#connection = connection;
    this.#options = options;
    this.#pools = new RequestPools(connection);
    // The watches' connection is dead: calls on idle connections would only wait for their time-out.
    this.#watches = new WatchConnections(connection, this.#pools, () => this.#pools.drop());
  }

  async call(call: ApiCall, signal: AbortSignal): Promise<unknown> {
    const started = performance.now();
    const usual = CALL_TIMEOUT_MS + 2 * this.#pools.dialMs;
    const limit = new Deadline({
      signal,
      milliseconds: Math.min(call.timeoutMs ?? usual, this.#mayTakeMs(call, started)),
    });
    let failure: KubernetesError | undefined;
    try {
      const refusal = () => this.#refusal(call, started);
      const refused = refusal();
      if (refused !== undefined) throw refused;
      return await this.#sendAndParse({ call, limit, refusal });
    } catch (error) {
      failure = this.#asKubernetesError(call.what, error, limit);
      throw failure;
    } finally {
      limit.end();
      const seconds = (performance.now() - started) / 1000;
      const { what, lane } = call;
      // What was not sent is no call.
      if (failure?.kind !== "NotLeading") {
        this.#options.observe?.({ what, lane, seconds, ...(failure ? { error: failure.kind } : {}) });
      }
    }
  }

  async watch(path: string, what: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    // Follows `signal` for as long as the stream lives; its clock runs until the head of the answer has come.
    const life = new Deadline({ signal, milliseconds: WATCH_HEAD_TIMEOUT_MS });
    try {
      const answer = await this.#sendAuthorized(life.signal, (identity) => {
        return this.#watches.get(path, identity, this.#headers(identity), life.signal);
      });
      if (answer.status === 200) {
        life.stopClock();
        return untilSilent(answer, this.#options.silenceMs ?? SILENCE_MS, () => life.end());
      }
      const body = await readBody(answer.body, LARGEST_ERROR);
      throw answerError(what, answer.status, body?.toString() ?? "", answer.retryAfter);
    } catch (error) {
      life.end();
      throw this.#asKubernetesError(what, error, life);
    }
  }

  async close(): Promise<void> {
    this.#watches.close();
    this.#connection.credentials.close?.();
    await this.#pools.close();
  }

  #headers(identity: Identity, accept = "application/json"): RequestHeaders {
    return { accept, "user-agent": this.#options.userAgent ?? "muster", ...identity.headers };
  }

  /** What changes something must not outlast the lease. */
  #mayTakeMs({ method }: ApiCall, started: number): number {
    return method === "GET" ? Number.POSITIVE_INFINITY : (this.#options.permit ?? ALWAYS).leftMs(started);
  }

  #refusal(call: ApiCall, started: number): KubernetesError | undefined {
    if (this.#mayTakeMs(call, started) > 0) return undefined;
    return new KubernetesError("NotLeading", `${call.what}: not sent, as this process does not hold the lease now`);
  }

  async #sendAndParse(sending: Sending): Promise<unknown> {
    const { call, limit } = sending;
    const answer = await this.#sendAuthorized(limit.signal, (identity) => this.#sendWithRetry(sending, identity));
    if (answer.status < 200 || answer.status > 299) {
      throw answerError(call.what, answer.status, answer.text, answer.retryAfter);
    }
    try {
      return JSON.parse(answer.text);
    } catch {
      throw malformed(call.what, "text that is not JSON");
    }
  }

  /** A 401 may only mean that a token was rotated since it was read: once more with a fresh one. */
  async #sendAuthorized<Kind extends { status: number }>(
    signal: AbortSignal,
    send: (identity: Identity) => Promise<Kind>,
  ): Promise<Kind> {
    const { credentials } = this.#connection;
    const answer = await send(await credentials.current(signal));
    if (answer.status !== 401) return answer;
    if ("body" in answer) (answer.body as { destroy(): void }).destroy();
    credentials.forget();
    return send(await credentials.current(signal));
  }

  /**
   * An idle connection may die the moment it is used. GET, PUT of a resourceVersion and merge patches may come twice
   * without harm; a POST may not.
   */
  async #sendWithRetry(sending: Sending, identity: Identity): Promise<Answer> {
    try {
      return await this.#send(sending, identity);
    } catch (error) {
      const { call, limit } = sending;
      const again = call.method !== "POST" && isDeadConnection(error) && !limit.signal.aborted;
      if (!again) throw error;
      return this.#send(sending, identity);
    }
  }

  async #send({ call, limit: { signal }, refusal }: Sending, identity: Identity): Promise<Answer> {
    const pool = this.#pools.pool(call.lane, identity);
    const { method, path, body: content } = call;
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const request = pool.compose(startOnlyIf(refusal)).request({
      method,
      path,
      headers: {
        ...this.#headers(identity, call.accept),
        ...(content === undefined ? {} : { "content-type": type }),
      },
      signal,
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    // undici checks the signal only once it has a connection, which may take until the time-out of dialling.
    const { statusCode, headers, body } = await untilAborted(request, signal);
    const largest = this.#options.largestAnswer ?? LARGEST_ANSWER;
    const bytes = await readBody(body, largest);
    if (bytes === undefined) throw malformed(call.what, `more than ${largest} bytes`);
    return { status: statusCode, retryAfter: retryAfterOf(headers), text: bytes.toString() };
  }

  #asKubernetesError(what: string, error: unknown, limit: Deadline): KubernetesError {
    if (error instanceof KubernetesError) return error;
    if (limit.isExpired) return new KubernetesError("TimedOut", `${what}: no answer in time`, { cause: error });
    if (limit.signal.aborted) return new KubernetesError("TimedOut", `${what}: given up`, { cause: error });
    return connectionError(what, error);
  }
}

const DEAD_CONNECTION_CODES = new Set(["UND_ERR_SOCKET", "UND_ERR_DESTROYED", "ECONNRESET", "EPIPE"]);

function isDeadConnection(error: unknown): boolean {
  return DEAD_CONNECTION_CODES.has((error as { code?: string }).code ?? "");
}

/**
 * Asks `refusal` in the moment before the first byte of a request goes to its socket: it may have waited long for a
 * connection. What it returns fails the request.
 */
function startOnlyIf(refusal: () => Error | undefined): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        const error = refusal();
        if (error === undefined) handler.onRequestStart?.(controller, context);
        else controller.abort(error);
      },
      onResponseStart: (...answer) => handler.onResponseStart?.(...answer),
      onResponseData: (...answer) => handler.onResponseData?.(...answer),
      onResponseEnd: (...answer) => handler.onResponseEnd?.(...answer),
      onResponseError: (...answer) => handler.onResponseError?.(...answer),
    });
}
