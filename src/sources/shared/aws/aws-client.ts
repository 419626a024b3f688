import type { Readable } from "node:stream";
import { isSmall, limitAnswer } from "./answer-limit.ts";
import type { AwsAddress } from "./aws-address.ts";

/** What all our clients of the SDK have in common with each other. */
export interface AwsClientOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
  readonly maxAttempts: number;
  readonly requestHandler: object;
}

/** The part of an SDK client that lets its answers be limited. */
interface Limitable {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<{ response: unknown }>,
      ) => (args: never) => Promise<{ response: unknown }>,
      options: { step: "deserialize"; priority: "low"; name: string },
    ): void;
  };
}

const CONNECTION_TIMEOUT_MS = 5_000;
/** One more attempt, as a server may close a kept connection in the very moment that we use it again. */
const MAX_ATTEMPTS = 2;

/**
 * Options for an SDK client. Credentials are left to the SDK's own chain, pacing and backing off to the
 * controller; `maxSockets` bounds the connections.
 */
export function clientOptions(address: AwsAddress, maxSockets: number): AwsClientOptions {
  silenceNodeVersionWarning();
  const { region, endpoint, useFips, useDualStack } = address;
  const agent = { keepAlive: true, maxSockets };
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    // With an endpoint of its own a client refuses these two, which might also stand in the environment.
    ...(endpoint !== undefined
      ? { useFipsEndpoint: false, useDualstackEndpoint: false }
      : { ...(useFips && { useFipsEndpoint: true }), ...(useDualStack && { useDualstackEndpoint: true }) }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, httpAgent: agent, httpsAgent: agent },
  };
}

/** Bounds the size of every answer that the client takes. */
export function limitAnswers<Client>(client: Client): Client {
  (client as Limitable).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { body?: Readable; headers?: Readonly<Record<string, string>> };
      if (response.body !== undefined && !isSmall(response.headers)) response.body = limitAnswer(response.body);
      return result;
    },
    { step: "deserialize", priority: "low", name: "limitAnswer" },
  );
  return client;
}

/** The SDK warns every user of Node 20 of its own plans; which Node Muster runs on is Muster's matter. */
function silenceNodeVersionWarning(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
}
