import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Situation } from "../../../src/core/index.ts";
import { type HpaRow, type HpaStep, hpaRows, hpaSteps } from "../../support/hpa-rows.ts";

const MINIMAL = hpaRows("minimal.jsonl").flatMap((row) => [...hpaSteps(row)]);
const SAMPLE = hpaRows("sample.jsonl.gz").flatMap((row) => [...hpaSteps(row)]);

/** Decides a step again in a situation that differs as one class of differences has it. */
function again({ situation }: HpaStep, changes: Partial<Situation>): number {
  return decide({ ...situation, ...changes }).desiredReplicas;
}

/**
 * The differences that docs/worker-autoscaler.md lists ("Where it differs from Kubernetes' own"). Each is exact: without
 * it Muster's number would be Kubernetes', or the number is one that only this difference explains.
 */
const DIFFERENCES: Readonly<Record<string, (step: HpaStep) => boolean>> = {
  "from outside the bounds it goes to its number at once": ({ situation, decision, expected }) => {
    const { autoscaler, currentReplicas: current } = situation;
    const { minReplicas: min, maxReplicas: max } = autoscaler;
    const bound = Math.max(min, Math.min(max, current));
    const { desiredReplicas: got } = decision;
    return bound !== current && expected === bound && got !== current && got >= min && got <= max;
  },
  "above maxReplicas doubt holds": ({ situation, decision, expected }) =>
    situation.currentReplicas > situation.autoscaler.maxReplicas &&
    expected === situation.autoscaler.maxReplicas &&
    decision.desiredReplicas === situation.currentReplicas &&
    decision.steps.at(-1)?.rule === "holdInDoubt",
  "a fall waits for the window after a doubt": (step) => {
    const { memory } = step.situation;
    const recommendations = memory.recommendations?.filter(({ inDoubt }) => !inDoubt) ?? [];
    return again(step, { memory: { ...memory, recommendations } }) === step.expected;
  },
  "an old reading raises in doubt": (step) => {
    const signals = Object.entries(step.situation.signals).map(([name, { reading, ...state }]) => [
      name,
      state.failure === undefined && reading !== undefined ? { ...state, reading } : state,
    ]);
    return again(step, { signals: Object.fromEntries(signals) }) === step.expected;
  },
  "no scaling is forgotten that a policy counts": (step) =>
    again(step, { memory: { ...step.situation.memory, scalings: step.knownScalings } }) === step.expected,
  "from zero a percentage counts from one": (step) => {
    const { autoscaler } = step.situation;
    return (
      autoscaler.minReplicas === 0 && again(step, { autoscaler: { ...autoscaler, minReplicas: -1 } }) === step.expected
    );
  },
  "no sum overflows": ({ row, situation, expected }) =>
    JSON.stringify(row.hpa.spec.behavior).includes('"value":2147483647') && expected === situation.currentReplicas,
  "a value above 2^53 is not believed": ({ decision }) => decision.signals.some(({ trust }) => trust === "implausible"),
};

interface Compared {
  steps: number;
  equal: number;
  readonly different: Record<string, number>;
  readonly unexplained: string[];
}

function compare(steps: readonly HpaStep[]): Compared {
  const compared: Compared = { steps: 0, equal: 0, different: {}, unexplained: [] };
  for (const step of steps) note(compared, step);
  return compared;
}

function note(compared: Compared, step: HpaStep): void {
  compared.steps += 1;
  if (step.decision.desiredReplicas === step.expected) {
    compared.equal += 1;
    return;
  }
  const [difference] = Object.entries(DIFFERENCES).find(([, explains]) => explains(step)) ?? [];
  if (difference !== undefined) {
    compared.different[difference] = (compared.different[difference] ?? 0) + 1;
    return;
  }
  const { desiredReplicas, steps } = step.decision;
  const because = steps.map((one) => one.because).join("; ");
  compared.unexplained.push(
    `${step.row.id}, step ${step.index}: ${step.expected}, Muster ${desiredReplicas} (${because})`,
  );
}

test("the smallest case of each difference is Kubernetes' number, or one of the differences on purpose", () => {
  assert.deepEqual(compare(MINIMAL), {
    steps: 44,
    equal: 33,
    different: {
      "from outside the bounds it goes to its number at once": 2,
      "above maxReplicas doubt holds": 1,
      "a fall waits for the window after a doubt": 1,
      "an old reading raises in doubt": 2,
      "no scaling is forgotten that a policy counts": 1,
      "from zero a percentage counts from one": 2,
      "no sum overflows": 1,
      "a value above 2^53 is not believed": 1,
    },
    unexplained: [],
  });
});

test("of 2,191 rows that Kubernetes' own HPA answered, all numbers are the same but those different on purpose", () => {
  assert.deepEqual(compare(SAMPLE), {
    steps: 5972,
    equal: 5955,
    different: {
      "from outside the bounds it goes to its number at once": 10,
      "above maxReplicas doubt holds": 2,
      "a fall waits for the window after a doubt": 4,
      "no scaling is forgotten that a policy counts": 1,
    },
    unexplained: [],
  });
});

test("each signal asks for what Kubernetes' metric asked for", () => {
  const different: string[] = [];
  let compared = 0;
  for (const { row, index, decision } of [...MINIMAL, ...SAMPLE]) {
    for (const [position, { name, trust, recommendedReplicas }] of decision.signals.entries()) {
      const asked = row.asked[index]?.[position];
      if (asked === -1 || trust === "implausible") continue;
      compared += 1;
      if (recommendedReplicas !== asked) {
        different.push(`${row.id}, step ${index}, ${name}: ${asked}, Muster ${recommendedReplicas}`);
      }
    }
  }
  assert.deepEqual(different, []);
  assert.equal(compared, 7114);
});

/** Reasons that HPA's condition ScalingLimited and ours share. */
const LIMITS = ["ScaleUpLimit", "ScaleDownLimit", "TooManyReplicas", "TooFewReplicas"];

/** The reason that ours should have; undefined where HPA's conditions do not say, as it acted past them. */
function reasonOf({ limited: [ableToScale = "", scalingLimited = ""] = [] }: HpaRow): string | undefined {
  if (LIMITS.includes(scalingLimited)) return scalingLimited;
  if (/^Scale(Up|Down)Stabilized$/.test(ableToScale)) return "Stabilized";
  return ableToScale === "ReadyForNewScale" ? "none" : undefined;
}

test("where Kubernetes says which limit counts, Muster says the same", () => {
  const different: string[] = [];
  let compared = 0;
  for (const { row, index, decision, expected: replicas } of [...MINIMAL, ...SAMPLE]) {
    const expected = reasonOf(row);
    const isLast = index === row.steps.length - 1;
    if (!isLast || expected === undefined || decision.desiredReplicas !== replicas) continue;
    compared += 1;
    const reason = decision.limited?.reason ?? "none";
    if (reason !== expected) different.push(`${row.id}: ${expected}, Muster ${reason}`);
  }
  assert.deepEqual(different, []);
  assert.equal(compared, 1456);
});
