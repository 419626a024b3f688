import type { Dispatcher } from "undici";
import { readBody } from "../../../shared/read-body.ts";
import { makeDispatcher } from "../http-agent.ts";
import type { ConnectionTools } from "../source.ts";
import { SourceError } from "../source-error.ts";

/** Where a service of AWS is reached. */
export interface AwsAddress {
  readonly region: string;
  /** Base URL; absent: AWS's own for the region, as the SDK finds it. */
  readonly endpoint?: string;
  /** The environment names the endpoint, and not an object. */
  readonly isOperators?: boolean;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The endpoint that the environment sets for a service, as all SDKs of AWS read it. */
export function endpointFrom(environment: Environment, service: "SQS" | "CLOUDWATCH"): string | undefined {
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
  for (const variable of [`AWS_ENDPOINT_URL_${service}`, "AWS_ENDPOINT_URL"]) {
    const endpoint = environment[variable];
    if (!endpoint) continue;
    if (URL.canParse(endpoint) && /^https?:\/\//.test(endpoint)) return endpoint;
    throw new SourceError(
      "Malformed",
      `expected ${variable} to be a URL such as http://localhost:4566, got another text`,
    );
  }
  return undefined;
}

/** The region that the environment sets; us-east-1 by default. */
export function regionFrom(environment: Environment): string {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
}

/** The domains of AWS's partitions. */
const AWS_DOMAIN =
  /(^|\.)(amazonaws\.com(\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|(c2s|csp\.hci)\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk)$/;

export function isAwsHost(host: string): boolean {
  return AWS_DOMAIN.test(host);
}

/**
 * Throws where an object leads requests to a host that is not AWS's. A signature and a session token would go with them:
 * only the operator can say who may have those.
 */
export function checkEndpoint(
  { endpoint, isOperators }: AwsAddress,
  { network }: Pick<ConnectionTools, "network">,
): void {
  if (endpoint !== undefined && !isOperators) network.checkAwsEndpoint(endpoint, isAwsHost(new URL(endpoint).hostname));
}

/** Two sources with the same address share their connections. */
export function addressKey({ region, endpoint, isOperators, useFips, useDualStack }: AwsAddress): string {
  return [region, endpoint, isOperators && "by environment", useFips && "fips", useDualStack && "dual-stack"]
    .filter(Boolean)
    .join(" ");
}

/** The address as people know it. */
export function shownAddress({ region, endpoint }: AwsAddress): string {
  return endpoint === undefined ? region : `${region} (${new URL(endpoint).origin})`;
}

/** One more attempt, as a server may close a kept connection in the very moment that we use it again. */
const MAX_ATTEMPTS = 2;

/**
 * Options for an SDK client. Credentials are left to the SDK's own chain, pacing and backing off to the controller;
 * `connections` bounds the connections.
 */
export function clientOptions(address: AwsAddress, tools: ConnectionTools, connections?: number) {
  const { region, endpoint, isOperators, useFips, useDualStack } = address;
  const { environment, network } = tools;
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    // With an endpoint of its own a client refuses these two, which might also stand in the environment.
    ...(endpoint !== undefined
      ? { useFipsEndpoint: false, useDualstackEndpoint: false }
      : { ...(useFips && { useFipsEndpoint: true }), ...(useDualStack && { useDualstackEndpoint: true }) }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: new SdkTransport({ environment, network: isOperators ? network.operators : network }, connections),
  };
}

/** Larger than a message of 1 MiB with every character escaped, and than 500 series of a day. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** An answer that was cut off at the limit. */
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
 * (absent: as many as there are requests), with a limit on the size of answers.
 */
class SdkTransport {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #tools: ConnectionTools;
  readonly #connections: number | null;
  #dispatcher: Promise<Dispatcher> | undefined;
  #isDestroyed = false;

  constructor(tools: ConnectionTools, connections?: number) {
    this.#tools = tools;
    this.#connections = connections ?? null;
  }

  async handle(request: SdkRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}) {
    // The SDK tries again, also after the end.
    if (this.#isDestroyed) throw new Error("the connection was closed");
    // The caller limits the time of each call, of long polls and of connecting too.
    const noLimits = { connect: { timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 };
    const options = { connections: this.#connections, keepAliveTimeout: KEEP_ALIVE_MS, ...noLimits };
    this.#dispatcher ??= makeDispatcher(this.#tools, options);
    const dispatcher = await this.#dispatcher;
    const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
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
