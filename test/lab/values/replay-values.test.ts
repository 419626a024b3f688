import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Autoscaler } from "../../../src/core/index.ts";
import type { RecordedValues } from "../../../src/lab/recordings/recorded-series.ts";
import { replayValues, type ValueRehearsal } from "../../../src/lab/values/replay-values.ts";
import { phpa, rehearsal, workerAutoscaler, workerPodAutoscaler } from "../../support/rehearsals.ts";

const START = Date.UTC(2024, 5, 1);
const MINUTE = 60_000;

/** Values minute by minute; undefined where there was none. */
function recorded(values: readonly (number | undefined)[], replicas?: number): RecordedValues {
  return {
    name: "lag.csv",
    at: Float64Array.from(values, (_, index) => START + index * MINUTE),
    values: Float64Array.from(values, (value) => value ?? Number.NaN),
    spans: Float64Array.from(values, () => MINUTE),
    remarks: [],
    ...(replicas === undefined ? {} : { replicas: Float64Array.from(values, () => replicas) }),
  };
}

function given(
  autoscaler: Autoscaler,
  values: readonly (number | undefined)[],
  more: Partial<ValueRehearsal> = {},
): ValueRehearsal {
  const nothing = new Float64Array();
  const [signal] = autoscaler.signals;
  const traffic = {
    name: "lag.csv",
    kind: "counts",
    start: START,
    durationMs: values.length * MINUTE,
    at: nothing,
    counts: nothing,
    binMs: MINUTE,
    remarks: [],
  } as const;
  return {
    rehearsal: rehearsal({ autoscaler, traffic }),
    values: new Map([[signal?.name ?? "", recorded(values)]]),
    ...more,
  };
}

const steps = ({ scaled }: ReturnType<typeof replayValues>) => scaled.map(({ from, to }) => `${from} -> ${to}`);
const times = (count: number, value: number | undefined) => Array.from({ length: count }, () => value);

test("a value within its band scales nothing; above it, one step after the other, as far as the bound", () => {
  const quiet = replayValues(given(phpa(), times(60, 50)));
  assert.deepEqual(quiet.scaled, []);
  assert.deepEqual(quiet.replicas, { initial: 1, mean: 1, peak: 1, final: 1 });
  assert.deepEqual(quiet.band, { above: 0, below: 0, unknown: 0 });
  const busy = replayValues(given(phpa(), times(120, 100)));
  assert.equal(busy.replicas.final, 20);
  assert.equal(busy.scalings.up, 19);
  assert.deepEqual(steps(busy).slice(0, 2), ["1 -> 2", "2 -> 3"]);
  assert.match(busy.scaled[0]?.because ?? "", /100, above 80/);
  assert.deepEqual(Object.values(busy.scaled[0]?.values ?? {}), [100]);
  assert.ok((busy.band?.above ?? 0) > 0.99);
});

test("missing values are failed polls: the fallback comes step by step, as live, and never a zero", () => {
  const outcome = replayValues(given(phpa(), [...times(10, 50), ...times(60, undefined), ...times(10, 50)]));
  assert.equal(outcome.replicas.final, 5);
  assert.deepEqual(steps(outcome), ["1 -> 2", "2 -> 3", "3 -> 4", "4 -> 5"]);
  assert.match(outcome.scaled[0]?.because ?? "", /NotFound: nothing was recorded for this time.*the fallback is 5/);
  assert.deepEqual(Object.values(outcome.scaled[0]?.values ?? {}), [null]);
  assert.ok((outcome.scaled[0]?.at ?? 0) > 600, "not before the value is too old");
  assert.ok(outcome.looks.failed > 10);
  assert.ok(Math.abs((outcome.band?.unknown ?? 0) - 60 / 80) < 0.02);
});

test("a signal without a value follows whenMissing", () => {
  const signal = { name: "lag", source: { prometheus: { url: "http://p", query: "q" } }, perReplica: { value: 10 } };
  const values = [...times(5, 100), ...times(60, undefined)];
  const final = (whenMissing: string, fallback?: object) =>
    replayValues(
      given(workerAutoscaler({ signals: [{ ...signal, whenMissing }], cooldownSeconds: 0, ...fallback }), values),
    ).replicas.final;
  assert.equal(final("Hold"), 10);
  assert.equal(final("Zero"), 0);
  assert.equal(final("Fallback", { fallback: { replicas: 17, afterSeconds: 60 } }), 17);
});

test("a sleeping workload wakes with the first value above 0, without polls before", () => {
  const autoscaler = workerPodAutoscaler({ queueURI: "beanstalk://q:11300/mail" });
  const outcome = replayValues(given(autoscaler, [...times(90, 0), ...times(10, 12)]));
  assert.deepEqual(steps(outcome), ["0 -> 3"]);
  assert.equal(outcome.scaled[0]?.at, 90 * 60);
  assert.ok(outcome.looks.total < 60, `${outcome.looks.total} looks`);
});

test("starts with the recorded workers and shows them", () => {
  const autoscaler = phpa();
  const { name } = autoscaler.signals[0] ?? { name: "" };
  const values = new Map([[name, recorded(times(30, 50), 7)]]);
  const outcome = replayValues({ ...given(autoscaler, times(30, 50)), values });
  assert.equal(outcome.replicas.initial, 7);
  assert.ok(outcome.series.recorded?.every((replicas) => replicas === 7));
});

test("closed loop: workers bring the value back into its band; a delayed effect on a backlog swings, which is counted", () => {
  const autoscaler = phpa();
  const { name: signal } = autoscaler.signals[0] ?? { name: "" };
  const effect = {
    signal,
    baseline: 4,
    floor: 0,
    settleSeconds: 0,
    afterSeconds: 0,
    kind: "shift",
    perReplica: -10,
  } as const;
  const calm = replayValues(given(autoscaler, times(240, 110), { effect }));
  assert.equal(calm.replicas.initial, 4);
  assert.equal(calm.replicas.final, 7, "110 - 3 * 10 is within 20 to 80");
  assert.equal(calm.scalings.reversals, 0);
  const swinging = replayValues(
    given(autoscaler, times(480, 70), { effect: { ...effect, kind: "drift", perReplica: -5, afterSeconds: 300 } }),
  );
  const open = replayValues(given(autoscaler, times(480, 70)));
  assert.equal(open.scalings.up + open.scalings.down, 0);
  assert.equal(swinging.scalings.up + swinging.scalings.down, 0, "4 workers, as there were, change nothing");
  const pushed = replayValues(
    given(autoscaler, [...times(20, 70), ...times(600, 170)], {
      effect: { ...effect, kind: "drift", perReplica: -2, afterSeconds: 240 },
    }),
  );
  assert.ok(pushed.scalings.down > 0 && pushed.scalings.reversals > 0, JSON.stringify(pushed.scalings));
});

test("the same rehearsal gives the same outcome", () => {
  const values = Array.from({ length: 300 }, (_, minute) => 50 + 60 * Math.sin(minute / 20));
  assert.deepEqual(replayValues(given(phpa(), values)), replayValues(given(phpa(), values)));
});

test("replicas stay within their bounds for any recording", () => {
  const value = fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { nil: undefined });
  const autoscalers = [phpa(), workerPodAutoscaler(), workerAutoscaler()];
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(...autoscalers),
      (values, autoscaler) => {
        const { series, scaled, replicas, looks } = replayValues(given(autoscaler, values));
        assert.ok(series.desired.every((count) => count >= autoscaler.minReplicas && count <= autoscaler.maxReplicas));
        assert.equal(scaled.at(-1)?.to ?? replicas.initial, replicas.final);
        assert.ok(looks.failed <= looks.total);
        for (const column of Object.values(series.values)) assert.equal(column.length, series.at.length);
      },
    ),
    { numRuns: 60 },
  );
});

test("polls fail during an outage of the rehearsal", () => {
  const { rehearsal: usual, ...rest } = given(phpa(), times(60, 50));
  const looks = { ...usual.looks, outages: [{ fromSeconds: 600, toSeconds: 1_200 }] };
  assert.ok(replayValues({ ...rest, rehearsal: { ...usual, looks } }).looks.failed > 5);
});
