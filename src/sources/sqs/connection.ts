import * as z from "zod";
import { type AwsAddress, addressKey, clientOptions, isAwsHost, shownAddress } from "../shared/aws/client.ts";
import { asSourceError } from "../shared/aws/failure.ts";
import type { ConnectionTools, Shared, SourceTools } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import { answerWithin } from "../shared/time-limit.ts";

/** Connections for calls that are answered at once. */
const MAX_CONNECTIONS = 50;

export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
  /** Where they were asked for. */
  readonly delayed?: number | undefined;
  /** Receives after which a message goes to the dead-letter queue; absent: never. */
  readonly maxReceiveCount?: number;
}

interface CallLimits {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

const attributesShape = z.object({
  ApproximateNumberOfMessages: count,
  ApproximateNumberOfMessagesNotVisible: count,
  ApproximateNumberOfMessagesDelayed: count.optional(),
  RedrivePolicy: z.string().optional(),
});

const redriveShape = z.object({ maxReceiveCount: z.coerce.number().int().min(1) });

/** Calls to SQS of one region, for all its queues. */
export class SqsConnection implements Shared {
  readonly #address: AwsAddress;
  readonly #tools: ConnectionTools;
  #loading: ReturnType<typeof load> | undefined;

  constructor(address: AwsAddress, tools: ConnectionTools) {
    this.#address = address;
    this.#tools = tools;
  }

  static share(address: AwsAddress, tools: SourceTools) {
    return tools.share(`sqs ${addressKey(address)}`, () => new SqsConnection(address, tools));
  }

  async counts(queue: QueueAddress, { delayed, ...limits }: CallLimits & { delayed: boolean }): Promise<QueueCounts> {
    const answer = await this.#call("sqs:GetQueueAttributes", queue, limits, async (signal) => {
      const { sdk, calls } = await this.#load();
      const command = new sdk.GetQueueAttributesCommand({
        QueueUrl: queue.url,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          ...(delayed ? (["ApproximateNumberOfMessagesDelayed"] as const) : []),
          "RedrivePolicy",
        ],
      });
      return calls.send(command, { abortSignal: signal });
    });
    const parsed = attributesShape.safeParse(answer.Attributes ?? {});
    const lacksDelayed = delayed && parsed.data?.ApproximateNumberOfMessagesDelayed === undefined;
    if (!parsed.success || lacksDelayed) throw this.#malformed("the counts of a queue");
    const { RedrivePolicy, ...counts } = parsed.data;
    return {
      waiting: counts.ApproximateNumberOfMessages,
      inFlight: counts.ApproximateNumberOfMessagesNotVisible,
      delayed: counts.ApproximateNumberOfMessagesDelayed,
      ...(RedrivePolicy !== undefined && { maxReceiveCount: this.#maxReceiveCount(RedrivePolicy) }),
    };
  }

  /** One long poll that leaves a message visible to all receivers. Resolves with whether there was one. */
  async seesMessage(queue: QueueAddress, waitSeconds: number, limits: CallLimits): Promise<boolean> {
    const answer = await this.#call("sqs:ReceiveMessage", queue, limits, async (signal) => {
      const { sdk, polls } = await this.#load();
      const command = new sdk.ReceiveMessageCommand({
        QueueUrl: queue.url,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: 0,
        MaxNumberOfMessages: 1,
      });
      return polls.send(command, { abortSignal: signal });
    });
    return (answer.Messages?.length ?? 0) > 0;
  }

  async dispose(): Promise<void> {
    const loaded = await this.#loading?.catch(() => undefined);
    loaded?.calls.destroy();
    loaded?.polls.destroy();
  }

  async #call<T>(
    action: string,
    queue: QueueAddress,
    { seconds, signal }: CallLimits,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const where = shownAddress(this.#address);
    return answerWithin({ seconds, signal, what: `SQS in ${where}` }, async (own) => {
      try {
        return await call(own);
      } catch (error) {
        const about = `queue ${queue.name} of account ${queue.account} in ${where}`;
        throw asSourceError(error, { action, about, where });
      }
    });
  }

  #maxReceiveCount(policy: string): number {
    try {
      return redriveShape.parse(JSON.parse(policy)).maxReceiveCount;
    } catch {
      throw this.#malformed("a RedrivePolicy with its maxReceiveCount");
    }
  }

  #malformed(expected: string): SourceError {
    return new SourceError(
      "Malformed",
      `SQS in ${shownAddress(this.#address)}: expected ${expected}, got something else`,
    );
  }

  #load(): ReturnType<typeof load> {
    this.#loading ??= load(this.#address, this.#tools);
    return this.#loading;
  }
}

/** Long polls have connections of their own, as many as there are queues, so that no short call waits behind them. */
async function load(address: AwsAddress, tools: ConnectionTools) {
  const calling = clientOptions(address, tools, MAX_CONNECTIONS);
  const polling = clientOptions(address, tools);
  const sdk = await import("@aws-sdk/client-sqs");
  // The SDK would follow a queue URL's host past the endpoint; and we read no message's content.
  const rest = { useQueueUrlAsEndpoint: false, md5: false } as const;
  const calls = new sdk.SQSClient({ ...calling, ...rest });
  const polls = new sdk.SQSClient({ ...polling, ...rest, credentials: calls.config.credentials });
  return { sdk, calls, polls };
}

export interface QueueAddress {
  readonly url: string;
  readonly account: string;
  readonly name: string;
  readonly region?: string;
  /** Set where requests must go to the URL's own host: a VPC endpoint, an emulator, a proxy. */
  readonly endpoint?: string;
  readonly isEmulator?: boolean;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

const EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";

/** eu-west-1, us-gov-east-1, us-iso-east-1, eusc-de-east-1. */
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;

/** Why a text is not the URL of a queue; undefined if it is one. Credentials in it are not repeated. */
export function queueUrlProblem(text: string): string | undefined {
  const expected = `expected the URL of a queue, such as ${EXAMPLE}`;
  if (!URL.canParse(text)) return expected;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) return `${expected}, got ${url.protocol}//`;
  if (url.username || url.password) return `${expected}, without credentials in it`;
  if (url.search || url.hash) return `${expected}, with nothing after the queue's name`;
  const { account, name } = pathOf(url);
  if (!account || !name)
    return `${expected}: the account and the queue's name are missing in ${url.origin}${url.pathname}`;
  if (!/^[\w-]{1,75}(\.fifo)?$/.test(name))
    return `expected a queue's name of letters, digits, - and _ (at the end .fifo for a FIFO queue), got ${name.slice(0, 100)}`;
  return undefined;
}

/** Reads a queue's URL; it must have no problem. */
export function parseQueueUrl(text: string): QueueAddress {
  const url = new URL(text);
  const host = url.hostname;
  const labels = host.split(".");
  const region =
    labels.find((label) => REGION.test(label)) ?? (host === "queue.amazonaws.com" ? "us-east-1" : undefined);
  const isAws = isAwsHost(host);
  const isPublic =
    isAws && region !== undefined && url.protocol === "https:" && url.port === "" && !labels.includes("vpce");
  return {
    url: text,
    ...pathOf(url),
    ...(region !== undefined && { region }),
    ...(!isPublic && { endpoint: url.origin }),
    ...(!isAws && { isEmulator: true }),
    ...(isPublic && labels[0] === "sqs-fips" && { useFips: true }),
    ...(isPublic && /\bapi\.(aws|amazonwebservices)\b/.test(host) && { useDualStack: true }),
  };
}

/** Where CloudWatch knows of the queue: an emulator's at the same place, else AWS's own in the queue's region. */
export function metricsAddress(
  { endpoint, isEmulator, useFips, useDualStack }: QueueAddress,
  region: string,
): AwsAddress {
  return {
    region,
    ...(isEmulator && endpoint !== undefined && { endpoint }),
    ...(useFips && { useFips }),
    ...(useDualStack && { useDualStack }),
  };
}

function pathOf({ pathname }: URL): { account: string; name: string } {
  const [account = "", name = ""] = pathname.split("/").slice(-2);
  return { account, name };
}
