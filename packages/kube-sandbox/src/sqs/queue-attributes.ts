import { invalidParameter, SqsError } from "./sqs-error.ts";

/** Whole-number attributes that a user may set: smallest, largest, default. */
const RANGES = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
} as const;
const BOOLEANS = ["FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"];
/** Stored and shown, without effect. */
const PASSIVE = ["Policy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"];
const PASSIVE_FIFO = ["DeduplicationScope", "FifoThroughputLimit"];

/** The attributes that a user may set. */
export const SETTABLE_ATTRIBUTES: readonly string[] = [
  ...Object.keys(RANGES),
  ...BOOLEANS,
  ...PASSIVE,
  ...PASSIVE_FIFO,
  "RedrivePolicy",
];

/** When and where a queue moves a message that fails. */
interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export class QueueAttributes {
  #values: Readonly<Record<string, string>> = {};
  redrivePolicy: RedrivePolicy | undefined;

  constructor(name: string, values: Readonly<Record<string, string>>) {
    if (name.endsWith(".fifo") !== (values.FifoQueue === "true")) {
      const reason = "The name of a FIFO queue (FifoQueue is true) ends in .fifo, others do not.";
      throw invalidParameter("QueueName", name, reason);
    }
    this.set(values);
  }

  /** Validates all values before it changes any. An empty value removes the attribute. */
  set(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) check(name, value);
    const all = Object.entries({ ...this.#values, ...values });
    this.#values = Object.fromEntries(all.filter(([, value]) => value !== ""));
    this.redrivePolicy = parseRedrivePolicy(this.#values.RedrivePolicy);
  }

  number(name: keyof typeof RANGES): number {
    return Number(this.#values[name] ?? RANGES[name][2]);
  }

  is(name: "FifoQueue" | "ContentBasedDeduplication"): boolean {
    return this.#values[name] === "true";
  }

  /** All values, with defaults, as GetQueueAttributes shows them. */
  shown(): Record<string, string> {
    const defaults = Object.entries(RANGES).map(([name, [, , initial]]) => [name, String(initial)]);
    return { ...Object.fromEntries(defaults), ...this.#values };
  }

  /** Whether `values` equal the current ones, so that creating the queue again is allowed. */
  agreesWith(values: Readonly<Record<string, string>>): boolean {
    const shown = this.shown();
    return Object.entries(values).every(([name, value]) => shown[name] === value);
  }
}

function check(name: string, value: string): void {
  if (!SETTABLE_ATTRIBUTES.includes(name)) {
    throw new SqsError("InvalidAttributeName", `Unknown Attribute ${name.slice(0, 100)}.`);
  }
  const invalid = (rule: string) =>
    new SqsError("InvalidAttributeValue", `Invalid value for the parameter ${name}. Must be ${rule}.`);
  if (BOOLEANS.includes(name) && value !== "true" && value !== "false") throw invalid("true or false");
  if (name === "RedrivePolicy") parseRedrivePolicy(value);
  if (!Object.hasOwn(RANGES, name)) return;
  const [min, max] = RANGES[name as keyof typeof RANGES];
  if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) throw invalid(`from ${min} to ${max}`);
}

function parseRedrivePolicy(text = ""): RedrivePolicy | undefined {
  if (text === "") return undefined;
  const policy = parseJson(text) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } | null | undefined;
  const arn = policy?.deadLetterTargetArn;
  const max = Number(policy?.maxReceiveCount);
  if (typeof arn === "string" && arn.startsWith("arn:") && Number.isInteger(max) && max >= 1 && max <= 1000) {
    return { deadLetterTargetArn: arn, maxReceiveCount: max };
  }
  const reason = "Expected JSON with deadLetterTargetArn (the ARN of a queue) and maxReceiveCount (1 to 1000).";
  throw invalidParameter("RedrivePolicy", text, reason);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
