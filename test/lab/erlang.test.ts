import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../src/lab/simulate.ts";
import { rehearsal, workerAutoscaler } from "../support/rehearsals.ts";

/** Chance that a message waits, with `servers` servers and `load` of them busy on average (Erlang's C formula). */
function erlangC(servers: number, load: number): number {
  let blocked = 1;
  for (let server = 1; server <= servers; server += 1) blocked = (load * blocked) / (server + load * blocked);
  const utilization = load / servers;
  return blocked / (1 - utilization + utilization * blocked);
}

/** So many workers that neither come nor go. */
function fixed(workers: number) {
  return workerAutoscaler({ minReplicas: workers, maxReplicas: workers });
}

const SERVICE_SECONDS = 10;

for (const [servers, utilization] of [
  [1, 0.6],
  [2, 0.7],
  [5, 0.8],
  [20, 0.9],
] as const) {
  test(`M/M/${servers} at ${utilization * 100} % load waits as Erlang C says, within 2 %`, () => {
    const perMinute = (60 * servers * utilization) / SERVICE_SECONDS;
    const hours = Math.ceil(1_900_000 / perMinute / 60);
    const { waitSeconds, messages } = simulate(
      rehearsal({
        autoscaler: fixed(servers),
        preset: `steady:rate=${perMinute},for=${hours}h`,
        service: { meanSeconds: SERVICE_SECONDS, shape: "exponential" },
        looks: { ...rehearsal().looks, intervalSeconds: 3600 },
        mode: "exact",
      }),
    );
    const load = servers * utilization;
    const waits = erlangC(servers, load);
    const rate = (1 - utilization) * servers;
    const expected = (waits * SERVICE_SECONDS) / rate;
    assert.ok(messages.arrived > 1_850_000, `${messages.arrived} messages`);
    within(waitSeconds.mean, expected, 0.02, "mean wait");
    // Whoever waits does so for an exponential time: P(W > t) = C e^(-rate t / service).
    const percentile = (share: number) => (Math.log(waits / (1 - share)) * SERVICE_SECONDS) / rate;
    within(waitSeconds.p95, Math.max(0, percentile(0.95)), 0.02, "95th percentile");
    within(waitSeconds.p99, Math.max(0, percentile(0.99)), 0.03, "99th percentile");
  });
}

test("a worker of several messages at the same time is several servers", () => {
  const shape = { service: { meanSeconds: 10, shape: "exponential" as const }, preset: "steady:rate=24,for=1200h" };
  const { waitSeconds } = simulate(
    rehearsal({
      ...shape,
      autoscaler: fixed(1),
      workers: { ...rehearsal().workers, concurrency: 5 },
      looks: { ...rehearsal().looks, intervalSeconds: 3600 },
    }),
  );
  within(waitSeconds.mean, (erlangC(5, 4) * 10) / (5 - 4), 0.02, "mean wait");
});

test("fixed service times halve the mean wait of one server (Pollaczek and Khinchine)", () => {
  const { waitSeconds } = simulate(
    rehearsal({
      preset: "steady:rate=4.8,for=1500h",
      autoscaler: fixed(1),
      service: { meanSeconds: 10, shape: "fixed" },
      looks: { ...rehearsal().looks, intervalSeconds: 3600 },
    }),
  );
  within(waitSeconds.mean, (0.8 / (1 - 0.8)) * 10 * 0.5, 0.02, "mean wait");
});

test("lognormal service times wait as the formula of Pollaczek and Khinchine says", () => {
  const { waitSeconds } = simulate(
    rehearsal({
      preset: "steady:rate=3.6,for=2500h",
      autoscaler: fixed(1),
      service: { meanSeconds: 10, shape: "lognormal", cv: 1.2 },
      looks: { ...rehearsal().looks, intervalSeconds: 3600 },
    }),
  );
  within(waitSeconds.mean, (0.6 / (1 - 0.6)) * 10 * ((1 + 1.2 ** 2) / 2), 0.02, "mean wait");
});

function within(got: number, expected: number, share: number, what: string): void {
  assert.ok(
    Math.abs(got - expected) <= share * expected,
    `${what}: expected ${expected} s within ${share * 100} %, got ${got} s`,
  );
}
