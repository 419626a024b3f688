import { invalidParameter, SqsError } from "./sqs-error.ts";

/** Whole-number attributes that a user may set: smallest, largest, default. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number, initial: number]>> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
};
const BOOLEANS = ["FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"];
/** Stored and shown, without effect. */
const PASSIVE = [
  "Policy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "DeduplicationScope",
  "FifoThroughputLimit",
];

/** The attributes that a user may set. */
export const SETTABLE_ATTRIBUTES: readonly string[] = [
  ...Object.keys(RANGES),
  ...BOOLEANS,
  ...PASSIVE,
  "RedrivePolicy",
];

/** When and where a queue moves a message that fails. */
interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** The attributes of a queue, validated as in SQS. */
export class QueueAttributes {
  readonly #values = new Map<string, string>();
  redrivePolicy: RedrivePolicy | undefined;

  constructor(name: string, values: Readonly<Record<string, string>>) {
    const isFifoName = name.endsWith(".fifo");
    if (isFifoName !== (values.FifoQueue === "true"))
      throw invalidParameter(
        "QueueName",
        name,
        "The name of a FIFO queue (FifoQueue is true) ends in .fifo, others do not.",
      );
    this.set(values);
  }

  /** Validates all values before it changes any. An empty value removes the attribute. */
  set(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) check(name, value);
    for (const [name, value] of Object.entries(values)) {
      if (value === "") this.#values.delete(name);
      else this.#values.set(name, value);
    }
    this.redrivePolicy = parseRedrivePolicy(this.#values.get("RedrivePolicy"));
  }

  number(name: keyof typeof RANGES): number {
    return Number(this.#values.get(name) ?? RANGES[name]?.[2]);
  }

  is(name: "FifoQueue" | "ContentBasedDeduplication"): boolean {
    return this.#values.get(name) === "true";
  }

  /** All values, with defaults, as GetQueueAttributes shows them. */
  shown(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const [name, [, , initial]] of Object.entries(RANGES)) shown[name] = String(initial);
    return Object.assign(shown, Object.fromEntries(this.#values));
  }

  /** Whether `values` equal the current ones, so that creating the queue again is allowed. */
  agreesWith(values: Readonly<Record<string, string>>): boolean {
    const shown = this.shown();
    return Object.entries(values).every(([name, value]) => shown[name] === value);
  }
}

function check(name: string, value: string): void {
  const range = RANGES[name];
  if (range !== undefined) {
    const [min, max] = range;
    if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max)
      throw new SqsError(
        "InvalidAttributeValue",
        `Invalid value for the parameter ${name}. Must be from ${min} to ${max}.`,
      );
  } else if (BOOLEANS.includes(name)) {
    if (value !== "true" && value !== "false")
      throw new SqsError("InvalidAttributeValue", `Invalid value for the parameter ${name}. Must be true or false.`);
  } else if (name === "RedrivePolicy") parseRedrivePolicy(value);
  else if (!PASSIVE.includes(name))
    throw new SqsError("InvalidAttributeName", `Unknown Attribute ${name.slice(0, 100)}.`);
}

function parseRedrivePolicy(text: string | undefined): RedrivePolicy | undefined {
  if (text === undefined || text === "") return undefined;
  const policy = parseJson(text) as { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } | null | undefined;
  const arn = policy?.deadLetterTargetArn;
  const max = Number(policy?.maxReceiveCount);
  if (typeof arn !== "string" || !arn.startsWith("arn:") || !Number.isInteger(max) || max < 1 || max > 1000)
    throw invalidParameter(
      "RedrivePolicy",
      text,
      "Expected JSON with deadLetterTargetArn (the ARN of a queue) and maxReceiveCount (1 to 1000).",
    );
  return { deadLetterTargetArn: arn, maxReceiveCount: max };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
