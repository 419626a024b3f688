import type { Problem } from "../../core/index.ts";
import type { Settings } from "./trigger.ts";

/** How KEDA reads a field: a switch, a number, or what one replica takes (above 0). */
type Kind = "switch" | "number" | "whole" | "target" | "wholeTarget";
type Fields = Readonly<Record<string, Kind>>;

const REDIS: Fields = { databaseIndex: "whole", enableTLS: "switch", unsafeSsl: "switch" };
const KAFKA: Fields = {
  lagThreshold: "wholeTarget",
  activationLagThreshold: "whole",
  allowIdleConsumers: "switch",
  excludePersistentLag: "switch",
  scaleToZeroOnInvalidOffset: "switch",
  limitToPartitionsWithLag: "switch",
  ensureEvenDistributionOfPartitions: "switch",
  fullMetadata: "switch",
  unsafeSsl: "switch",
};

/** By type of trigger: the fields of KEDA's scaler that are no text. */
const FIELDS: Readonly<Record<string, Fields>> = {
  kafka: KAFKA,
  "apache-kafka": KAFKA,
  rabbitmq: {
    value: "target",
    queueLength: "target",
    activationValue: "number",
    useRegex: "switch",
    excludeUnacknowledged: "switch",
    pageSize: "whole",
    unsafeSsl: "switch",
  },
  "nats-jetstream": { lagThreshold: "wholeTarget", activationLagThreshold: "whole", useHttps: "switch" },
  "aws-cloudwatch": {
    targetMetricValue: "target",
    activationTargetMetricValue: "number",
    minMetricValue: "number",
    ignoreNullValues: "switch",
    metricCollectionTime: "whole",
    metricStatPeriod: "whole",
    metricEndTimeOffset: "whole",
  },
  "aws-sqs-queue": {
    queueLength: "wholeTarget",
    activationQueueLength: "whole",
    scaleOnInFlight: "switch",
    scaleOnDelayed: "switch",
  },
  beanstalkd: { value: "target", activationValue: "number", includeDelayed: "switch" },
  prometheus: {
    threshold: "target",
    activationThreshold: "number",
    ignoreNullValues: "switch",
    unsafeSsl: "switch",
  },
  graphite: { threshold: "target", activationThreshold: "number" },
  influxdb: { thresholdValue: "target", activationThresholdValue: "number", unsafeSsl: "switch" },
  redis: { ...REDIS, listLength: "wholeTarget", activationListLength: "whole" },
  "redis-streams": {
    ...REDIS,
    pendingEntriesCount: "wholeTarget",
    streamLength: "wholeTarget",
    lagCount: "whole",
    activationLagCount: "whole",
  },
  postgresql: { targetQueryValue: "target", activationTargetQueryValue: "number" },
  mysql: { queryValue: "target", activationQueryValue: "number" },
  cron: { desiredReplicas: "wholeTarget" },
  "metrics-api": {
    targetValue: "target",
    activationTargetValue: "number",
    unsafeSsl: "switch",
    aggregateFromKubeServiceEndpoints: "switch",
  },
};

/**
 * A trigger's metadata as KEDA reads it: without blanks around a value and without empty ones, switches as "true" and
 * "false", numbers in JavaScript's spelling.
 */
export function readFields(type: string, metadata: Settings): { settings: Settings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const kinds = FIELDS[type] ?? {};
  const settings: Record<string, string> = {};
  for (const [field, stated] of Object.entries(metadata)) {
    const text = stated.trim();
    const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined;
    if (text === "") continue;
    const read = kind === undefined ? text : KINDS[kind].read(text);
    if (read !== undefined) settings[field] = read;
    else if (kind !== undefined) {
      const message = `expected ${KINDS[kind].expected}, got ${JSON.stringify(text)}`;
      problems.push({ path: `metadata.${field}`, message });
    }
  }
  return { settings, problems };
}

const KINDS: Readonly<Record<Kind, { expected: string; read: (text: string) => string | undefined }>> = {
  switch: { expected: "true or false (1, t, T, TRUE, True, 0, f, F, FALSE, False)", read: (text) => boolean(text) },
  number: { expected: "a number", read: number },
  whole: { expected: "a whole number", read: whole },
  target: { expected: "a number of 0.001 or more", read: (text) => target(number(text)) },
  wholeTarget: { expected: "a whole number above 0", read: (text) => target(whole(text)) },
};

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Go's strconv.ParseBool, as "true" or "false". */
function boolean(text: string): "true" | "false" | undefined {
  if (TRUE.has(text)) return "true";
  return FALSE.has(text) ? "false" : undefined;
}

/** A switch of KEDA's annotations: what is no boolean counts as true. */
export function isSwitchedOn(text: string | undefined): boolean {
  return text !== undefined && boolean(text) !== "false";
}

function number(text: string): string | undefined {
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? String(value) : undefined;
}

function whole(text: string): string | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** KEDA hands targets to the HorizontalPodAutoscaler with three digits, as Go's "%.3f" prints them. */
function target(text: string | undefined): string | undefined {
  const value = Number(Number(text).toFixed(3));
  return text !== undefined && value > 0 ? String(value) : undefined;
}
