import fc from "fast-check";
import {
  type Autoscaler,
  type Decision,
  type DrainMemory,
  decide,
  type Memory,
  type Reading,
  type SignalRule,
  type WorkersSeen,
} from "../../src/core/index.ts";
import { NOW } from "./situations.ts";
import { signalWith, workerAutoscaler } from "./worker-autoscalers.ts";

export type Drain = Extract<SignalRule, { readonly kind: "drain" }>;

/** A drain rule: a minute, 2 s a message, one at a time, no headroom, 30 s until a replica works; and what the test changes. */
export function drainRule(changes: Partial<Drain> = {}): Drain {
  return {
    ...{
      kind: "drain",
      share: 0.99,
      withinSeconds: 60,
      prefer: "Cost" as const,
      secondsPerMessage: 2,
      concurrency: 1,
      headroom: 0,
      startUpSeconds: 30,
    },
    ...changes,
  };
}

/** The rule without a stated time. */
export function learningRule(changes: Partial<Drain> = {}): Drain {
  const { secondsPerMessage: _, ...rule } = drainRule(changes);
  return rule;
}

/** An autoscaler with that rule alone, on a signal named queue. */
export function drainer(rule: Drain, changes: Partial<Autoscaler> = {}): Autoscaler {
  return workerAutoscaler({ signals: [signalWith("queue", rule)], ...changes });
}

export type Counts = Omit<Reading, "at" | "value">;

/** What is decided on one reading, and on nothing remembered unless it is given. */
export function drained(
  rule: Drain,
  counts: Counts & { readonly waiting: number },
  {
    current = 0,
    memory = {},
    now = NOW,
    changes = {},
    workers,
  }: { current?: number; memory?: Memory; now?: number; changes?: Partial<Autoscaler>; workers?: WorkersSeen } = {},
): Decision {
  const value = counts.waiting + (counts.inFlight ?? 0);
  const signals = { queue: { reading: { at: now, value, ...counts } } };
  const situation = { autoscaler: drainer(rule, changes), currentReplicas: current, signals, memory, now };
  return decide(workers === undefined ? situation : { ...situation, workers });
}

/** Looks at a queue one after the other, deciding at each; `now` is the moment of the last one. */
export class Watch {
  now = NOW;
  replicas: number;
  decision: Decision | undefined;
  #memory: Memory;
  readonly #rule: Drain;
  readonly #changes: Partial<Autoscaler>;

  constructor(
    rule: Drain,
    {
      replicas = 0,
      memory = {},
      changes = {},
    }: { replicas?: number; memory?: Memory; changes?: Partial<Autoscaler> } = {},
  ) {
    this.#rule = rule;
    this.#changes = changes;
    this.#memory = memory;
    this.replicas = replicas;
  }

  get memory(): Memory {
    return this.#memory;
  }

  get learned(): number | undefined {
    return this.#memory.drains?.queue?.learned?.secondsPerMessage;
  }

  get because(): string {
    return this.decision?.steps[0]?.because ?? "";
  }

  /** So many seconds later the queue is so. */
  look(seconds: number, counts: Counts & { readonly waiting: number }): Decision {
    this.now += seconds * 1000;
    const { now, replicas: current } = this;
    this.decision = drained(this.#rule, counts, { current, memory: this.#memory, now, changes: this.#changes });
    this.#memory = this.decision.memory;
    return this.decision;
  }
}

/** Drain rules of all kinds. */
export const someDrain: fc.Arbitrary<Drain> = fc
  .record(
    {
      kind: fc.constant("drain" as const),
      share: fc.constantFrom(0.5, 0.95, 0.99),
      prefer: fc.constantFrom("Cost" as const, "Wait" as const),
      withinSeconds: fc.constantFrom(1, 30, 60, 600),
      secondsPerMessage: fc.constantFrom(0.01, 1, 7, 900),
      concurrency: fc.integer({ min: 1, max: 8 }),
      headroom: fc.constantFrom(0, 0.5, 1, 2),
      startUpSeconds: fc.constantFrom(1, 30, 120),
    },
    { requiredKeys: ["kind", "share", "prefer", "withinSeconds", "concurrency", "headroom", "startUpSeconds"] },
  )
  .map((rule) => rule);

const past = fc.nat(400_000).map((ago) => NOW - ago);
const flow = fc.array(fc.tuple(past, fc.nat(20_000)), { maxLength: 12 }).map((points) => {
  const ascending = (numbers: number[]) => numbers.sort((one, other) => one - other);
  const arrived = ascending(points.map(([, count]) => count));
  const times = ascending(points.map(([at]) => at));
  return times.map((at, index) => ({ at, arrived: arrived[index] ?? 0, completed: arrived[index - 1] ?? 0 }));
});
/** What a drain rule may remember, consistent or not. */
export const someDrainMemory: fc.Arbitrary<DrainMemory> = fc.record(
  {
    flow,
    learned: fc.record({
      secondsPerMessage: fc.double({ min: 0.001, max: 500, noNaN: true }),
      messages: fc.nat(900),
      at: past,
    }),
    startUp: fc.record({ seconds: fc.double({ min: 0, max: 3_600, noNaN: true }), pods: fc.nat(40), at: past }),
    grown: fc.record({ at: past, replicas: fc.nat(40) }),
    progressAt: past,
    completedAt: past,
    last: fc.record({ at: fc.constant(NOW), waiting: fc.nat(9), arrivedCount: fc.nat(9), completedCount: fc.nat(9) }),
  },
  { requiredKeys: [] },
);
