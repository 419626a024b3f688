import type { Dispatcher } from "undici";
import { readBody } from "../../../shared/read-body.ts";
import type { ConnectionTools } from "../source.ts";

/** A message of 1 MiB with every character escaped, or 500 series of a day: honest answers are smaller. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** An answer that was cut off because it went past any honest size. */
export class OversizedAnswer extends Error {
  override readonly name = "OversizedAnswer";
  readonly maxBytes = MAX_ANSWER_BYTES;
}

/** A request as the SDK hands it over. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Carries the SDK's requests: through the proxies that the environment names, over at most `connections` connections
 * (absent: as many as there are requests), and never taking an answer larger than any honest one.
 */
export class SdkTransport {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #tools: ConnectionTools;
  readonly #connections: number | null;
  #dispatcher: Promise<Dispatcher> | undefined;
  #isDestroyed = false;

  constructor(tools: ConnectionTools, connections?: number) {
    this.#tools = tools;
    this.#connections = connections ?? null;
  }

  async handle(request: SdkRequest, options: { readonly abortSignal?: unknown } = {}) {
    // The SDK tries again, also after the end.
    if (this.#isDestroyed) throw new Error("the connection was closed");
    this.#dispatcher ??= this.#make();
    const dispatcher = await this.#dispatcher;
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
    try {
      return { response: await send(dispatcher, request, signal) };
    } catch (error) {
      // A kept connection that the server closes in the moment of its use: the SDK may ask again, on another one.
      const isReset = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test((error as NodeJS.ErrnoException).code ?? "");
      throw isReset ? Object.assign(error as Error, { $retryable: {} }) : error;
    }
  }

  destroy(): void {
    this.#isDestroyed = true;
    void this.#dispatcher?.then((dispatcher) => dispatcher.destroy());
  }

  httpHandlerConfigs() {
    return {};
  }

  updateHttpClientConfig(): void {
    // What the SDK would set is for its own handler.
  }

  async #make(): Promise<Dispatcher> {
    const { makeDispatcher } = await import("../dispatcher.ts");
    return makeDispatcher(this.#tools, {
      connections: this.#connections,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The caller limits the time of each call, of long polls and of connecting too.
      connect: { timeout: 0 },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}

async function send(
  dispatcher: Dispatcher,
  request: SdkRequest,
  signal: AbortSignal | undefined,
): Promise<SdkResponse> {
  const { protocol, hostname, port, method, path, headers, body } = request;
  const answer = await dispatcher.request({
    origin: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`,
    path: path + queryOf(request),
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body ?? null,
    signal: signal ?? null,
  });
  const texts = Object.entries(answer.headers).map(([name, value]) => [name, String(value ?? "")]);
  return {
    statusCode: answer.statusCode,
    headers: Object.fromEntries(texts) as Record<string, string>,
    body: await readAnswer(answer.body),
  };
}

async function readAnswer(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const bytes = await readBody(body, MAX_ANSWER_BYTES);
  if (bytes === undefined) throw new OversizedAnswer();
  return bytes;
}

function queryOf({ query = {} }: SdkRequest): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value ?? ""].flat()) parameters.append(name, each);
  return parameters.size === 0 ? "" : `?${parameters}`;
}
