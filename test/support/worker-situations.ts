import fc from "fast-check";
import type {
  Autoscaler,
  Memory,
  ScalingRules,
  Signal,
  SignalRule,
  SignalState,
  Situation,
} from "../../src/core/index.ts";
import { someDrain, someDrainMemory } from "./drains.ts";
import { NOW } from "./situations.ts";
import { signalWith, workerAutoscaler } from "./worker-autoscalers.ts";

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const tolerance = fc.constantFrom(0, 0.1);

/** The same rule without concurrency, or with one. */
function keeping<Kept extends object>(
  rules: fc.Arbitrary<Kept>,
): fc.Arbitrary<Kept & { readonly concurrency?: number }> {
  return fc
    .tuple(rules, some(fc.integer({ min: 1, max: 4 })))
    .map(([one, concurrency]) => (concurrency === undefined ? one : { ...one, concurrency }));
}

const rule: fc.Arbitrary<SignalRule> = fc.oneof(
  keeping(
    fc.record({
      ...{ kind: fc.constant("backlog" as const), messagesPerReplica: fc.integer({ min: 1, max: 50 }), tolerance },
    }),
  ),
  fc.record({
    kind: fc.constant("throughput" as const),
    secondsPerMessage: fc.integer({ min: 1, max: 30 }),
    utilization: fc.constantFrom(0.5, 1),
  }),
  keeping(
    fc.record({
      kind: fc.constant("perReplica" as const),
      valuePerReplica: fc.integer({ min: 1, max: 50 }),
      activationValue: fc.constantFrom(0, 20),
      tolerance,
    }),
  ),
  fc.record({
    kind: fc.constant("band" as const),
    low: fc.constant(100),
    high: fc.constant(300),
    direction: fc.constantFrom("HighIsBusy" as const, "HighIsIdle" as const),
    stepUp: fc.integer({ min: 1, max: 5 }),
    stepDown: fc.integer({ min: 1, max: 5 }),
  }),
  someDrain,
);

const scalingRules: fc.Arbitrary<ScalingRules> = fc
  .record({
    ownTolerance: fc.constantFrom(undefined, 0, 0.2, 1.5),
    stabilizationWindowSeconds: fc.constantFrom(0, 30, 300),
    selectPolicy: fc.constantFrom("Max" as const, "Min" as const, "Disabled" as const),
    policies: fc.array(
      fc.record({
        type: fc.constantFrom("Pods" as const, "Percent" as const),
        value: fc.integer({ min: 1, max: 100 }),
        periodSeconds: fc.integer({ min: 1, max: 120 }),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ ownTolerance, ...rules }) => ({ ...rules, ...(ownTolerance !== undefined && { tolerance: ownTolerance }) }));

const signals: fc.Arbitrary<readonly Signal[]> = fc
  .array(fc.tuple(rule, fc.constantFrom("Hold" as const, "Fallback" as const, "Zero" as const)), {
    minLength: 1,
    maxLength: 3,
  })
  .map((list) => list.map(([one, whenMissing], index) => signalWith(`s${index}`, one, { whenMissing })));

const autoscaler: fc.Arbitrary<Autoscaler> = fc
  .record({
    bounds: fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 60 })),
    signals,
    coolDownSeconds: fc.constantFrom(0, 60),
    behavior: some(fc.record({ scaleUp: scalingRules, scaleDown: scalingRules })),
    isOlder: fc.boolean(),
    maxDisruption: some(fc.integer({ min: 0, max: 100 }).map((percent) => ({ percent }))),
    fallback: some(
      fc.record({
        replicas: fc.nat(40),
        approach: fc.constantFrom("Stepwise" as const, "AtOnce" as const),
        afterSeconds: fc.constantFrom(0, 60),
      }),
    ),
  })
  .map(({ bounds, behavior, isOlder, maxDisruption, fallback, ...rest }) =>
    workerAutoscaler({
      ...rest,
      minReplicas: Math.min(...bounds),
      maxReplicas: Math.max(...bounds),
      ...(behavior && { behavior }),
      ...(!behavior && isOlder && { profile: "worker-autoscaler-v1" as const }),
      ...(maxDisruption && { maxDisruption }),
      ...(fallback && { fallback }),
    }),
  );

const state: fc.Arbitrary<SignalState> = fc
  .record({
    ageSeconds: fc.oneof(fc.nat(119), fc.constantFrom(119, 120, 121, 500, -60)),
    value: fc.oneof(fc.nat(600), fc.constant(0), fc.constant(Number.NaN)),
    failing: fc.boolean(),
    read: fc.boolean(),
    doubtSeconds: some(fc.nat(200)),
    before: some(fc.nat(9_000)),
    inFlight: some(fc.nat(40)),
    oldestSeconds: some(fc.nat(900)),
  })
  .map(({ ageSeconds, value, failing, read, doubtSeconds, before, inFlight, oldestSeconds }) => ({
    ...(read ? { reading: { at: NOW - ageSeconds * 1000, value, ...queueParts(value, inFlight, oldestSeconds) } } : {}),
    ...(read && before !== undefined ? { before: { at: NOW - ageSeconds * 1000 - 15_000, value: before } } : {}),
    ...(failing ? { failure: { kind: "TimedOut" as const, message: "no answer within 10 s" } } : {}),
    ...(doubtSeconds === undefined ? {} : { doubtSince: NOW - doubtSeconds * 1000 }),
  }));

/** Of half of the signals: what of the value waits, and what is in hands. */
function queueParts(value: number, inFlight: number | undefined, oldestSeconds: number | undefined): object {
  if (inFlight === undefined || !(value >= inFlight)) return {};
  return { waiting: value - inFlight, inFlight, ...(oldestSeconds === undefined ? {} : { oldestSeconds }) };
}

const past = (): fc.Arbitrary<number> => fc.nat(400_000).map((ago) => NOW - ago);
const memory: fc.Arbitrary<Memory> = fc
  .record({
    lastScaleAt: some(past()),
    recommendations: some(
      fc.array(fc.record({ at: past(), replicas: fc.nat(60), inDoubt: fc.boolean() }), { maxLength: 6 }),
    ),
    scalings: some(fc.array(fc.record({ at: past(), change: fc.integer({ min: -9, max: 9 }) }), { maxLength: 6 })),
    drains: some(fc.record({ s0: someDrainMemory, s1: someDrainMemory })),
  })
  .map(({ lastScaleAt, recommendations, scalings, drains }) => ({
    ...(drains && { drains }),
    ...(lastScaleAt === undefined ? {} : { lastScaleAt }),
    ...(recommendations && { recommendations: recommendations.sort((a, b) => a.at - b.at) }),
    ...(scalings && { scalings: scalings.sort((a, b) => a.at - b.at) }),
  }));

/** WorkerAutoscalers of one to three signals in all sorts of states, with all sorts of limits and of past. */
export const someSituation: fc.Arbitrary<Situation> = fc
  .tuple(autoscaler, fc.nat(80), fc.array(state, { minLength: 3, maxLength: 3 }), memory)
  .map(([one, currentReplicas, states, remembered]) => ({
    autoscaler: one,
    currentReplicas,
    signals: Object.fromEntries(one.signals.map(({ name }, index) => [name, states[index] ?? {}])),
    memory: remembered,
    now: NOW,
  }));
