import fc from "fast-check";
import type { Autoscaler, MaxDisruption, Memory, Reading, SignalState, Situation } from "../../src/core/index.ts";

export const NOW = Date.UTC(2024, 5, 1, 12);

export interface QueueAutoscaler {
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly messagesPerReplica?: number;
  readonly secondsPerMessage?: number;
  readonly maxDisruption?: MaxDisruption;
  readonly coolDownSeconds?: number;
}

/** A WorkerPodAutoScaler's autoscaler: 0 to 30 replicas, ten messages each, and what the test changes. */
export function queueAutoscaler(changes: QueueAutoscaler = {}): Autoscaler {
  const { messagesPerReplica = 10, ...others } = changes;
  return {
    id: "WorkerPodAutoScaler/shop/sms-sender",
    origin: { kind: "WorkerPodAutoScaler", namespace: "shop", name: "sms-sender" },
    profile: "worker-pod-autoscaler",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "sms-sender" },
    minReplicas: 0,
    maxReplicas: 30,
    signals: [
      {
        name: "queue",
        source: { type: "beanstalkd", settings: {} },
        rule: { kind: "backlog", messagesPerReplica, tolerance: 0.1 },
        freshnessSeconds: 120,
        whenMissing: "Hold",
      },
    ],
    mode: "Active",
    coolDownSeconds: 600,
    ...others,
  };
}

/** A situation of that autoscaler: one fresh reading of its queue, never scaled before. */
export function queueSituation(
  reading: Partial<Reading> & { value: number },
  currentReplicas: number,
  { autoscaler = {}, memory = {} }: { autoscaler?: QueueAutoscaler; memory?: Memory } = {},
): Situation {
  return {
    autoscaler: queueAutoscaler(autoscaler),
    currentReplicas,
    signals: { queue: { reading: { at: NOW - 2_000, ...reading } } },
    memory,
    now: NOW,
  };
}

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const replicas = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5_000 }));
const maxDisruption: fc.Arbitrary<MaxDisruption> = fc.oneof(
  fc.integer({ min: 0, max: 150 }).map((percent) => ({ percent })),
  fc.integer({ min: 0, max: 60 }).map((count) => ({ count })),
);

/** Autoscalers in range, min above max included. */
export const someAutoscaler: fc.Arbitrary<Autoscaler> = fc
  .record(
    {
      minReplicas: replicas,
      maxReplicas: replicas,
      messagesPerReplica: fc.integer({ min: 1, max: 300 }),
      secondsPerMessage: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
      maxDisruption,
      coolDownSeconds: fc.constantFrom(0, 60, 600),
    },
    { requiredKeys: ["minReplicas", "maxReplicas", "messagesPerReplica", "coolDownSeconds"] },
  )
  .map((changes) => queueAutoscaler(changes));

/** Numbers of messages, dense where rules change their mind. */
export const someBacklog = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 600 }),
  fc.integer({ min: 0, max: 10_000_000 }),
);

/** Readings that can be believed; idle workers are often exactly as many as there are replicas. */
export function someReading(currentReplicas: number): fc.Arbitrary<Reading> {
  return fc
    .record({
      at: fc.integer({ min: NOW - 120_000, max: NOW }),
      value: someBacklog,
      arrivalsPerMinute: sometimes(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100_000, noNaN: true }))),
      idleWorkers: sometimes(fc.constantFrom<number | "all">(0, 1, currentReplicas, "all")),
    })
    .map(({ arrivalsPerMinute, idleWorkers, ...reading }) => ({
      ...reading,
      ...(arrivalsPerMinute === undefined ? {} : { arrivalsPerMinute }),
      ...(idleWorkers === undefined ? {} : { idleWorkers }),
    }));
}

const doubtfulReading = (currentReplicas: number): fc.Arbitrary<Reading> =>
  fc.oneof(
    someReading(currentReplicas).map((reading) => ({ ...reading, at: NOW - 121_000 })),
    someReading(currentReplicas).map((reading) => ({ ...reading, at: NOW + 60_000 })),
    someReading(currentReplicas).chain((reading) =>
      fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY).map((value) => ({ ...reading, value })),
    ),
  );

/** States that cannot be believed: never read, failing, stale, implausible. */
export function someDoubt(currentReplicas: number): fc.Arbitrary<SignalState> {
  const failure = { kind: "Unavailable", message: "connection refused" } as const;
  return fc.oneof(
    fc.constant({}),
    fc.constant({ failure }),
    someReading(currentReplicas).map((reading) => ({ reading, failure })),
    doubtfulReading(currentReplicas).map((reading) => ({ reading })),
    doubtfulReading(currentReplicas).map((reading) => ({ reading, failure })),
  );
}

const someMemory: fc.Arbitrary<Memory> = sometimes(
  fc.constantFrom(0, 1, 59_999, 60_000, 60_001, 600_000, 600_001, 86_400_000, -5_000),
).map((ago) => (ago === undefined ? {} : { lastScaleAt: NOW - ago }));

function situationWith(signal: (currentReplicas: number) => fc.Arbitrary<SignalState>): fc.Arbitrary<Situation> {
  return fc.tuple(someAutoscaler, replicas, someMemory).chain(([autoscaler, currentReplicas, memory]) =>
    signal(currentReplicas).map((queue) => ({
      autoscaler,
      currentReplicas,
      signals: { queue },
      memory,
      now: NOW,
    })),
  );
}

/** Situations whose reading can be believed. */
export const trustedSituation = situationWith((current) => someReading(current).map((reading) => ({ reading })));
/** Situations whose signal is in doubt. */
export const doubtfulSituation = situationWith(someDoubt);
/** Either. */
export const anySituation = fc.oneof(trustedSituation, doubtfulSituation);
