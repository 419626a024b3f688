import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { SignalState } from "../../../src/core/index.ts";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { decideOnSchedule } from "../../../src/formats/schedule.ts";
import { parseWorkerAutoscaler } from "../../../src/formats/worker-autoscaler.ts";

/** A trigger of KEDA, by what matters for its number. */
interface Trigger {
  readonly type: "prometheus" | "kafka" | "rabbitmq" | "aws-sqs-queue" | "redis";
  readonly target: number;
  readonly activation: number;
}
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly idle?: 0;
}

const METADATA: Readonly<Record<Trigger["type"], (target: string, activation: string) => Record<string, string>>> = {
  prometheus: (threshold, activationThreshold) => ({
    ...{ serverAddress: "http://p:9090", query: "q", threshold, activationThreshold },
  }),
  kafka: (lagThreshold, activationLagThreshold) => ({
    ...{ bootstrapServers: "k:9092", consumerGroup: "g", topic: "t", lagThreshold, activationLagThreshold },
  }),
  rabbitmq: (value, activationValue) => ({ host: "amqp://r:5672/", queueName: "q", value, activationValue }),
  "aws-sqs-queue": (queueLength, activationQueueLength) => ({
    queueURL: "https://sqs.eu-west-1.amazonaws.com/1/q",
    ...{ awsRegion: "eu-west-1", queueLength, activationQueueLength },
  }),
  redis: (listLength, activationListLength) => ({
    ...{ address: "r:6379", listName: "l", listLength, activationListLength },
  }),
};

/** No window and no rate, so that one decision shows the number that is right. */
const AT_ONCE = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: "Percent", value: 10_000, periodSeconds: 15 }],
};

/** KEDA's executor and its HorizontalPodAutoscaler, long after anything was active, written apart from our rules. */
function keda(triggers: readonly Trigger[], { min, max, idle }: Bounds, current: number, values: readonly number[]) {
  const isActive = triggers.some(({ activation }, index) => (values[index] ?? 0) > activation);
  if (!isActive && current > 0 && (min === 0 || idle === 0)) return 0;
  if (current === 0 && !isActive) return 0;
  const asked = triggers.map(({ target }, index) => {
    const usage = Math.round((values[index] ?? 0) * 1000);
    const ratio = usage / (target * 1000 * current);
    return ratio >= 1 - 0.1 && ratio <= 1 + 0.1 ? current : Math.ceil(usage / (target * 1000));
  });
  return Math.min(max, Math.max(1, min, ...asked));
}

function converted(triggers: readonly Trigger[], { min, max, idle }: Bounds) {
  const { yaml, problems } = convert(
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "w", namespace: "t" },
      spec: {
        scaleTargetRef: { name: "w" },
        ...{ minReplicaCount: min, maxReplicaCount: max, ...(idle === undefined ? {} : { idleReplicaCount: idle }) },
        advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE } } },
        triggers: triggers.map(({ type, target, activation }) => ({
          type,
          metadata: METADATA[type](String(target), String(activation)),
        })),
      },
    },
    { defaults: DEFAULTS },
  );
  assert.deepEqual(problems, []);
  const parsed = parseWorkerAutoscaler(parse(yaml ?? ""));
  assert.ok("autoscaler" in parsed, JSON.stringify(parsed));
  return parsed.autoscaler;
}

const OBJECTS: readonly (readonly Trigger[])[] = [
  [{ type: "prometheus", target: 10, activation: 50 }],
  [{ type: "prometheus", target: 0.5, activation: 0 }],
  [{ type: "kafka", target: 100, activation: 1000 }],
  [{ type: "redis", target: 5, activation: 0 }],
  [
    { type: "kafka", target: 100, activation: 1000 },
    { type: "rabbitmq", target: 10, activation: 50 },
    { type: "aws-sqs-queue", target: 5, activation: 50 },
  ],
  [
    { type: "prometheus", target: 7, activation: 3.5 },
    { type: "redis", target: 3, activation: 20 },
  ],
];
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 20 },
  { min: 1, max: 10 },
  { min: 3, max: 8 },
  { min: 1, max: 20, idle: 0 },
  { min: 4, max: 20, idle: 0 },
];
const VALUES = [0, 0.4, 1, 3, 4, 19, 20, 21, 40, 50, 51, 77, 100, 999, 1000, 1001, 5000];

/** Everything that the triggers could say. The third of three says nothing. */
function valuesOf({ length }: readonly Trigger[]): readonly (readonly number[])[] {
  if (length === 1) return VALUES.map((value) => [value]);
  return VALUES.flatMap((first) => VALUES.map((second) => [first, second, 0].slice(0, length)));
}

/** What is not KEDA's or the HorizontalPodAutoscaler's to decide is left out: a number below the least one. */
function numbersOf({ min, max, idle }: Bounds): readonly number[] {
  const isBetween = (replicas: number) => replicas >= min || (replicas === 0 && idle === 0);
  return [0, 1, 4, 9, 10, 11, 20].filter((replicas) => replicas <= max && isBetween(replicas));
}

test("a converted ScaledObject asks for what KEDA and its HorizontalPodAutoscaler would, on a grid of situations", () => {
  const now = Date.parse("2026-03-02T10:00:00Z");
  const memory = { recommendations: [] };
  let situations = 0;
  for (const triggers of OBJECTS) {
    for (const bounds of BOUNDS) {
      const autoscaler = converted(triggers, bounds);
      const grid = valuesOf(triggers).flatMap((values) => numbersOf(bounds).map((current) => ({ values, current })));
      for (const { values, current } of grid) {
        const signals: Record<string, SignalState> = {};
        for (const [index, { name }] of autoscaler.signals.entries()) {
          signals[name] = { reading: { at: now, value: values[index] ?? 0 } };
        }
        const { desiredReplicas } = decideOnSchedule({ autoscaler, currentReplicas: current, signals, memory, now });
        assert.equal(
          desiredReplicas,
          keda(triggers, bounds, current, values),
          JSON.stringify({ triggers, bounds, current, values }),
        );
        situations += 1;
      }
    }
  }
  assert.ok(situations > 12_000, `${situations} situations`);
});
