import type { FailureKind } from "../../core/index.ts";
import { onAbort } from "../../shared/async.ts";
import { ownValue } from "../../shared/own-value.ts";
import { guardAnswers } from "../shared/answer-limits.ts";
import { type Address, Connection, type Dialer, formatAddress, tlsOptions } from "../shared/connection.ts";
import { plainHost } from "../shared/host-list.ts";
import type { DialTools } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import type { Shared } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import type { TimeLimit } from "../shared/time-limit.ts";
import type { Broker } from "./broker.ts";
import type { Login } from "./login.ts";

interface ClusterSettings extends Login {
  /** Where to begin: each as host:port. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly caCertificate?: string | undefined;
  readonly timeoutSeconds: number;
}

/** More than the largest clusters have. Bounds the memory if a cluster keeps naming new brokers. */
const MOST_BROKERS = 1_000;

/** Kafka's error names that are not simply a broker in trouble. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "NotFound",
  INVALID_GROUP_ID: "Malformed",
  INVALID_TOPIC_EXCEPTION: "Malformed",
  THROTTLING_QUOTA_EXCEEDED: "Throttled",
  UNSUPPORTED_SASL_MECHANISM: "Unauthorized",
};

/** The connections to the brokers of one cluster, by address: each is made and renewed without regard to the others. */
export class Cluster implements Shared {
  readonly #settings: ClusterSettings;
  readonly #tools: DialTools;
  readonly #connections = new Map<string, Connection<Broker>>();
  /** Which of the settings' brokers answered last. */
  #first = 0;
  #isDisposed = false;

  constructor(settings: ClusterSettings, tools: DialTools) {
    this.#settings = settings;
    this.#tools = tools;
  }

  async at<Answer>(where: Address, limit: TimeLimit, question: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    if (this.#isDisposed) throw new SourceError("Unavailable", "the connection was closed");
    const key = formatAddress(where);
    const connection = this.#connections.get(key) ?? new Connection(this.#dialer(where));
    // Keeps the least recently used connection first.
    this.#connections.delete(key);
    this.#connections.set(key, connection);
    if (this.#connections.size > MOST_BROKERS) {
      const [[oldest, unused] = []] = this.#connections;
      this.#connections.delete(oldest ?? "");
      await unused?.dispose();
    }
    return connection.ask(limit, question);
  }

  /** Asks any of the settings' brokers: another one where one is unavailable. */
  async any<Answer>(limit: TimeLimit, question: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const { brokers } = this.#settings;
    const first = this.#first;
    let failure: unknown;
    for (let tried = 0; tried < brokers.length; tried += 1) {
      const broker = (first + tried) % brokers.length;
      try {
        const answer = await this.at(addressOf(brokers[broker] ?? ""), limit, question);
        this.#first = broker;
        return answer;
      } catch (error) {
        failure ??= error;
        const { kind } = error as SourceError;
        // There is no time left to ask another one: the next read does.
        if (kind === "TimedOut") this.#first = (broker + 1) % brokers.length;
        if (kind !== "Unavailable") break;
      }
    }
    throw failure;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all([...this.#connections.values()].map((connection) => connection.dispose()));
  }

  #dialer({ host, port }: Address): Dialer<Broker> {
    const { brokers, username, password = "", mechanism, tls, caCertificate } = this.#settings;
    const { network } = this.#tools;
    const server = `kafka at ${excerpt(formatAddress({ host, port }))}`;
    return {
      open: async (signal) => {
        const { Broker } = await import("./broker.ts");
        signal.throwIfAborted();
        for (const one of brokers) network.check(addressOf(one).host);
        const where = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
        const socket = network.connect(where, tlsOptions({ host, tls, caCertificate }));
        guardAnswers(socket, server, this.#tools);
        const broker = new Broker(socket, server);
        onAbort(signal, () => broker.close());
        try {
          await broker.greet({ username, password, mechanism });
        } catch (error) {
          broker.close();
          throw error;
        }
        return broker;
      },
      isOpen: (broker) => broker.isOpen,
      close: (broker) => broker.close(),
      // What a broker says leaves the connection as good as it was.
      answered: (error) => saidBy(error) !== undefined,
      failure: (error) => failure(error, server, [password]),
    };
  }
}

function addressOf(broker: string): Address {
  const colon = broker.lastIndexOf(":");
  return { host: plainHost(broker.slice(0, colon)), port: Number(broker.slice(colon + 1)) };
}

/** The library's error for what a broker answered. */
interface Said {
  readonly apiId: string;
  readonly message: string;
  readonly serverErrorMessage: string | null;
}

/** What a broker said, of several things the first. */
function saidBy(error: unknown): Said | undefined {
  const { errors = [], cause } = error as { errors?: readonly Partial<Said>[]; cause?: unknown };
  const said = errors.find((one): one is Said => one.apiId !== undefined);
  return said ?? (cause instanceof Error ? saidBy(cause) : undefined);
}

function failure(error: unknown, server: string, secrets: readonly string[]): SourceError {
  const said = saidBy(error);
  if (said === undefined) {
    const { name, code, message, cause } = error as NodeJS.ErrnoException;
    // The library reports every end of a SCRAM login as a refusal.
    if (cause instanceof SourceError) return cause;
    const why = excerpt(cause instanceof Error ? cause.message : message, secrets).replace(/\.$/, "");
    if (code === "PLT_KFK_AUTHENTICATION") return new SourceError("Unauthorized", `${server}: ${why}`);
    return new SourceError("Malformed", `${server} does not speak Kafka's protocol (${name}: ${why})`);
  }
  const { apiId } = said;
  const kind = ownValue(KINDS, apiId) ?? (/AUTHORIZATION|AUTHENTICATION/.test(apiId) ? "Unauthorized" : "Unavailable");
  const words = excerpt(said.serverErrorMessage || said.message, secrets).replace(/\.$/, "");
  return new SourceError(kind, `${server} says: ${words} (${apiId})`);
}
