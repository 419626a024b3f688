import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../src/lab/outcome.ts";
import { simulate } from "../../src/lab/simulate.ts";
import { LOOKS, phpa, rehearsal, workerAutoscaler, workerPodAutoscaler } from "../support/rehearsals.ts";

const BURST = "burst:size=100,at=10m,every=1d,for=30m";
const NO_JITTER = { ...rehearsal().workers, startUpJitter: 0 };

test("a burst at an empty queue wakes workers at once, and the first one is there after its start-up", () => {
  const outcome = simulate(rehearsal({ preset: BURST, workers: NO_JITTER }));
  assert.deepEqual(outcome.firstWorkerSeconds, { times: 1, mean: 30, max: 30 });
  const first = outcome.noted.find(({ to }) => to > 0);
  assert.equal(first?.at, 600);
  assert.equal(first?.from, 0);
  assert.equal(outcome.replicas.peak, 20);
  assert.equal(outcome.drained, true);
});

test("a source that cannot be waited on finds the burst at its next poll", () => {
  const autoscaler = workerAutoscaler();
  const polling = {
    ...autoscaler,
    signals: autoscaler.signals.map((one) => ({ ...one, source: { ...one.source, type: "kafka" } })),
  };
  const outcome = simulate(rehearsal({ autoscaler: polling, preset: BURST, workers: NO_JITTER }));
  const first = outcome.noted.find(({ to }) => to > 0);
  assert.ok(first !== undefined && first.at > 600 && first.at <= 625, `scaled at ${first?.at}`);
});

test("late readings are acted on late", () => {
  const outcome = simulate(rehearsal({ preset: BURST, looks: { ...LOOKS, lagSeconds: 60 } }));
  const first = outcome.noted.find(({ to }) => to > 0);
  assert.ok(first !== undefined && first.at >= 660 && first.at <= 690, `scaled at ${first?.at}`);
});

test("stale readings hold the number; a hidden lag does not", () => {
  const preset = "step:before=60,after=600,at=10m,for=20m";
  const told = simulate(rehearsal({ preset, looks: { ...LOOKS, lagSeconds: 180 } }));
  const hidden = simulate(rehearsal({ preset, looks: { ...LOOKS, hiddenLagSeconds: 180 } }));
  assert.ok(told.noted.some(({ because }) => because.includes("longer than the 120 s it stays fresh")));
  assert.ok(!hidden.noted.some(({ because }) => because.includes("stays fresh")));
});

test("an outage holds the workers, and doubt never scales down", () => {
  const outages = [{ fromSeconds: 900, toSeconds: 3000 }];
  const outcome = simulate(
    rehearsal({ preset: "burst:size=100,at=10m,every=1d,for=1h", looks: { ...LOOKS, outages } }),
  );
  assert.ok(outcome.looks.failed > 0);
  const during = outcome.noted.filter(({ at, from, to }) => at >= 900 && at < 3000 && to < from);
  assert.deepEqual(during, []);
  assert.ok(outcome.noted.some(({ because }) => because.includes("an outage of the rehearsal")));
});

test("reports the messages that a policy without enough workers leaves", () => {
  const outcome = simulate(
    rehearsal({
      autoscaler: workerPodAutoscaler({ maxReplicas: 1 }),
      preset: "steady:rate=120,for=1h",
      drainSeconds: 600,
    }),
  );
  assert.equal(outcome.drained, false);
  assert.ok(outcome.messages.waiting > 4_000, `${outcome.messages.waiting} wait`);
  assert.equal(outcome.seconds, 4_200);
  // Those that still wait count with the time that they have waited.
  assert.ok(outcome.waitSeconds.max > 3_000, `${outcome.waitSeconds.max} s`);
});

test("a PHPA file goes one step at a poll, and not again before the cool-down is over", () => {
  const outcome = simulate(
    rehearsal({
      autoscaler: phpa(),
      preset: "step:before=0,after=300,at=10m,for=1h",
      service: { meanSeconds: 3, shape: "exponential" },
    }),
  );
  const scalings = outcome.noted.filter(({ from, to }) => from !== to);
  assert.ok(scalings.length > 5);
  for (const [index, { at, from, to }] of scalings.entries()) {
    assert.equal(Math.abs(to - from), 1);
    assert.ok(at - (scalings[index - 1]?.at ?? 0) >= 60);
  }
});

test("a scale-down stops the newest workers, busy or not, or idle ones first if requested", () => {
  const source = { beanstalkd: { host: "q", tube: "mail" } };
  const shape = {
    autoscaler: workerAutoscaler({
      signals: [{ name: "queue", source, backlog: { messagesPerReplica: 1 } }],
      cooldownSeconds: 5,
    }),
    preset: "steady:rate=120,for=1h",
    service: { meanSeconds: 10, shape: "exponential" as const },
  };
  const newest = simulate(rehearsal(shape)).scalings;
  const idle = simulate(rehearsal({ ...shape, workers: { ...rehearsal().workers, victims: "idle" } })).scalings;
  assert.ok(
    newest.busyStopped > 0 && newest.busyStopped > 2 * idle.busyStopped,
    `${newest.busyStopped}, ${idle.busyStopped}`,
  );
});

test("work unfinished at the end of the grace returns to the queue for another worker", () => {
  const shape = {
    preset: "burst:size=200,at=5m,every=20m,for=1h",
    service: { meanSeconds: 60, shape: "exponential" as const },
  };
  const autoscaler = workerAutoscaler({ cooldownSeconds: 30 });
  const hasty = simulate(rehearsal({ ...shape, autoscaler, workers: { ...rehearsal().workers, graceSeconds: 0 } }));
  const patient = simulate(
    rehearsal({ ...shape, autoscaler, workers: { ...rehearsal().workers, graceSeconds: 3600 } }),
  );
  assert.ok(hasty.messages.returned > 0);
  assert.equal(patient.messages.returned, 0);
  assert.equal(hasty.messages.served, 600);
});

test("two million messages are played one by one, ten million within a month, and more than that as a flow", () => {
  const shape = {
    looks: { ...rehearsal().looks, intervalSeconds: 3600 },
    service: { meanSeconds: 0.01, shape: "fixed" as const },
  };
  const mode = (preset: string) => simulate(rehearsal({ ...shape, preset })).mode;
  assert.equal(mode("steady:rate=2400,for=24h"), "exact");
  assert.equal(mode("steady:rate=20,for=60d"), "exact");
  assert.equal(mode("steady:rate=60,for=30d"), "exact");
  assert.equal(mode("steady:rate=60,for=32d"), "batch");
  assert.equal(mode("steady:rate=20000,for=24h"), "batch");
});

test("both modes have about the same result for many messages", () => {
  const shape = {
    preset: "step:before=300,after=3000,at=20m,for=1h",
    autoscaler: workerPodAutoscaler({ maxReplicas: 500 }),
  };
  // One run differs from the next by 5 %, as when polls come is chance: means are compared.
  const runs = (mode: "exact" | "batch") => [1, 2, 3, 4].map((seed) => simulate(rehearsal({ ...shape, mode, seed })));
  const [exact, batch] = [runs("exact"), runs("batch")];
  const mean = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  const compare = (of: (outcome: Outcome) => number, share: number) => close(mean(batch, of), mean(exact, of), share);
  assert.equal(batch[0]?.mode, "batch");
  compare(({ messages }) => messages.arrived, 0.03);
  compare(({ workerHours }) => workerHours.total, 0.05);
  compare(({ waitSeconds }) => waitSeconds.p99, 0.15);
});

test("the virtual clock follows a schedule of the policy", () => {
  const schedule = [{ name: "early", start: "0 1 * * *", durationSeconds: 1800, timeZone: "UTC", minReplicas: 7 }];
  const outcome = simulate(rehearsal({ autoscaler: workerAutoscaler({ schedule }), preset: "steady:rate=0.5,for=2h" }));
  const at = (second: number) =>
    outcome.series.desired[outcome.series.at.findIndex((one) => one >= second)] ?? Number.NaN;
  assert.ok(at(3_500) < 7);
  assert.equal(at(3_700), 7);
  assert.equal(outcome.series.minReplicas[outcome.series.at.findIndex((one) => one >= 3_700)], 7);
});

function close(one: number, other: number, share: number): void {
  assert.ok(Math.abs(one - other) <= share * other, `expected ${one} within ${share * 100} % of ${other}`);
}

test("the series of weeks, whose samples are far apart, shows the peaks that lie between them", () => {
  const { series, waitSeconds } = simulate(rehearsal({ preset: "burst:size=300,at=5m,every=1d,for=10d" }));
  assert.ok((series.at[2] ?? 0) - (series.at[1] ?? 0) >= 600, "samples are further apart than a burst lasts");
  assert.equal(series.waiting.filter((waiting) => waiting >= 250).length, 10);
  const oldest = Math.max(...series.oldestSeconds);
  assert.ok(oldest > 0.9 * waitSeconds.max && oldest <= 1.01 * waitSeconds.max, `${oldest} of ${waitSeconds.max}`);
  assert.equal(series.waiting.at(-1), 0);
});

test("a price for each worker that is stopped busy adds to the cost alone", () => {
  const autoscaler = workerAutoscaler({ cooldownSeconds: 30 });
  const shape = {
    ...{ autoscaler, preset: "burst:size=200,at=5m,every=20m,for=1h" },
    service: { meanSeconds: 60, shape: "exponential" as const },
  };
  const free = simulate(rehearsal(shape));
  const priced = simulate(rehearsal({ ...shape, interruptionSeconds: 1_200 }));
  assert.equal(free.workerHours.withInterruptions, undefined);
  assert.ok(free.scalings.busyStopped > 0);
  const { withInterruptions, ...hours } = priced.workerHours;
  assert.deepEqual({ ...priced, workerHours: hours }, free);
  assert.equal(withInterruptions, hours.total + free.scalings.busyStopped / 3);
});
