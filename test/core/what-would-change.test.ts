import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Autoscaler, decide, type Situation, whatWouldChange } from "../../src/core/index.ts";
import { drainer, drainRule, learningRule } from "../support/drains.ts";
import { anySituation, NOW, queueAutoscaler, queueSituation } from "../support/situations.ts";

const read = (situation: Situation, value: number): Situation => ({
  ...situation,
  signals: { ...situation.signals, queue: { reading: { ...situation.signals.queue?.reading, at: NOW, value } } },
});

test("the least rise and the least fall of a backlog are exact: one message less changes nothing", () => {
  // 75 messages at 10 each keep 8 workers; from 81 on it is 9, and with a tolerance of a tenth 8 stay down to 70.
  const { signals, desiredReplicas } = whatWouldChange(queueSituation({ value: 75 }, 8));
  assert.equal(desiredReplicas, 8);
  assert.deepEqual(signals, [
    {
      name: "queue",
      of: "value",
      now: 75,
      rise: { by: 6, to: 81, desiredReplicas: 9 },
      fall: { by: -5, to: 70, desiredReplicas: 7 },
    },
  ]);
});

test("every change that is told leads to the answer that is told", () => {
  let changes = 0;
  fc.assert(
    fc.property(anySituation, (situation) => {
      const base = decide(situation).desiredReplicas;
      const would = whatWouldChange(situation);
      assert.equal(would.desiredReplicas, base);
      for (const { name, of, rise, fall } of would.signals) {
        for (const change of [rise, fall]) {
          if (!("by" in change)) continue;
          const reading = situation.signals[name]?.reading;
          assert.ok(reading);
          const at = (number: number) => {
            const signals = { [name]: { reading: { ...reading, at: situation.now, [of]: number } } };
            return decide({ ...situation, signals }).desiredReplicas;
          };
          assert.equal(at(change.to), change.desiredReplicas);
          assert.notEqual(change.desiredReplicas, base);
          if (of === "value" && Math.abs(change.by) > 1) assert.equal(at(change.to - Math.sign(change.by)), base);
          changes += 1;
        }
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(changes > 50, `${changes} changes`);
});

test("what no rise can change says which bound holds it", () => {
  const [queue] = whatWouldChange(queueSituation({ value: 900 }, 30)).signals;
  assert.ok(queue && "because" in queue.rise);
  assert.match(queue.rise.because, /30/);
  assert.ok("to" in queue.fall);
  assert.equal(
    decide(read(queueSituation({ value: 900 }, 30), queue.fall.to)).desiredReplicas,
    queue.fall.desiredReplicas,
  );
});

test("a scale-down that a cool-down holds is told to the second, and the cool-down as what holds it", () => {
  const situation = queueSituation({ value: 20 }, 8, { memory: { lastScaleAt: NOW - 386_000 } });
  const { later, without, desiredReplicas } = whatWouldChange(situation);
  assert.equal(desiredReplicas, 8);
  assert.deepEqual({ ...later, at: 0 }, { at: 0, afterSeconds: 214, desiredReplicas: 2 });
  assert.deepEqual(without, [{ limit: "coolDownSeconds", desiredReplicas: 2 }]);
  const then = later?.at ?? 0;
  const again = (now: number) =>
    decide({ ...situation, now, signals: { queue: { reading: { at: now, value: 20 } } } }).desiredReplicas;
  assert.equal(again(then), 2);
  assert.equal(again(then - 1), 8);
});

test("time alone changes nothing while the signals say what they say, and nothing is invented", () => {
  assert.equal(whatWouldChange(queueSituation({ value: 80 }, 8)).later, undefined);
});

test("a bound that cuts the number is named with the number that was asked for", () => {
  const { without } = whatWouldChange(queueSituation({ value: 555 }, 30));
  assert.deepEqual(without, [{ limit: "maxReplicas", desiredReplicas: 56 }]);
});

test("a queue that cannot be read: what another look that reads the same would lead to", () => {
  const situation = queueSituation({ value: 20 }, 8);
  const failure = { kind: "Unavailable", message: "connection refused" } as const;
  const doubted = { ...situation, signals: { queue: { ...situation.signals.queue, failure } } };
  const would = whatWouldChange(doubted);
  assert.equal(would.desiredReplicas, 8);
  assert.deepEqual(would.readAgain, [{ name: "queue", desiredReplicas: 2 }]);
  assert.deepEqual(would.signals, []);
});

test("a measure is searched by its fourth digit, in both directions", () => {
  const band = { kind: "band", low: 0.5, high: 0.8, direction: "HighIsBusy", stepUp: 1, stepDown: 1 } as const;
  const usual = queueAutoscaler({ minReplicas: 1, coolDownSeconds: 0 });
  const signals = usual.signals.map((signal) => ({ ...signal, rule: band }));
  const autoscaler: Autoscaler = { ...usual, profile: "phpa", signals };
  const [load] = whatWouldChange({ ...queueSituation({ value: 0.6 }, 4), autoscaler }).signals;
  assert.deepEqual(load?.rise, { by: 0.2001, to: 0.8001, desiredReplicas: 5 });
  assert.deepEqual(load?.fall, { by: -0.1001, to: 0.4999, desiredReplicas: 3 });
});

test("it ends soon whatever is asked: a huge value, windows of a day, no signal at all", () => {
  let calls = 0;
  const counting = (situation: Situation) => {
    calls += 1;
    return decide(situation);
  };
  whatWouldChange(queueSituation({ value: 2 ** 52, arrivalsPerMinute: 1e9 }, 30), counting);
  whatWouldChange({ ...queueSituation({ value: 1 }, 3), signals: {} }, counting);
  assert.ok(calls < 1_500, `${calls} decisions`);
});

test("of a drain rule: how many more or fewer have to wait, and only bounds and holds stand between", () => {
  const learned = { secondsPerMessage: 2, messages: 100, at: NOW };
  const autoscaler = drainer(learningRule(), { maxReplicas: 20, coolDownSeconds: 60 });
  const situation = (current: number, waiting: number): Situation => ({
    ...{ autoscaler, currentReplicas: current, now: NOW },
    signals: {
      queue: { reading: { at: NOW - 1_000, value: waiting + 4, waiting, inFlight: 4, arrived: 900, completed: 836 } },
    },
    memory: { lastScaleAt: NOW - 45_000, drains: { queue: { learned, flow: steadyFlow, last } } },
  });
  const last = { at: NOW - 2_000, waiting: 60, inFlight: 4, arrivedCount: 898, completedCount: 834 };
  const steadyFlow = [120, 60, 2].map((ago) => ({ at: NOW - ago * 1_000, arrived: 240 - ago * 2, completed: 200 }));
  const six = whatWouldChange(situation(6, 60));
  assert.equal(six.desiredReplicas, 6, "60 messages on 6 replicas wait 20 s");
  assert.deepEqual(six.signals[0]?.rise, { by: 61, to: 125, desiredReplicas: 7 });
  const nine = whatWouldChange(situation(9, 4));
  assert.equal(nine.desiredReplicas, 9, "the cool-down holds");
  assert.deepEqual(nine.without, [{ limit: "coolDownSeconds", desiredReplicas: 4 }]);
  assert.deepEqual({ ...nine.later, at: 0 }, { at: 0, afterSeconds: 15, desiredReplicas: 4 });
});

test("of a drain rule: how many more or fewer have to arrive", () => {
  const learned = { secondsPerMessage: 2, messages: 100, at: NOW };
  const flow = [600, 300, 120, 60, 15, 0].map((ago) => ({
    at: NOW - ago * 1_000,
    arrived: 3_000 - ago * 3,
    completed: 9,
  }));
  const last = { at: NOW, waiting: 60, inFlight: 6, arrivedCount: 3_000, completedCount: 2_934 };
  const reading = { at: NOW, value: 66, waiting: 60, inFlight: 6, arrived: 3_000, completed: 2_934 };
  const would = whatWouldChange({
    ...{ autoscaler: drainer(learningRule()), currentReplicas: 6, now: NOW, signals: { queue: { reading } } },
    memory: { drains: { queue: { learned, flow, last } } },
  });
  const [waiting, arriving] = would.signals;
  assert.deepEqual(
    [would.desiredReplicas, waiting?.of, arriving?.of, arriving?.now],
    [6, "value", "arrivalsPerMinute", 180],
  );
  assert.ok(arriving && "to" in arriving.rise && arriving.rise.desiredReplicas > 6, JSON.stringify(arriving));
  assert.ok(arriving.rise.to > 180 && arriving.rise.to < 200, `${arriving.rise.to}`);
});

test("of a forecast: the number without it", () => {
  const bin = Math.floor(NOW / 900_000) * 900_000;
  const errors = { own: 0.1, last: 1, mean: 2, actual: 5 };
  const known = { bins: 900, compared: 800, last: 5, mean: 5, long: errors, short: errors };
  const season = { outlook: { at: bin, perSecond: [5, 5, 5, 5, 5], ...known } };
  const would = whatWouldChange({
    ...{ autoscaler: drainer(drainRule({ forecast: "Raise" })), currentReplicas: 3, now: NOW },
    signals: { queue: { reading: { at: NOW, value: 3, waiting: 0, inFlight: 3 } } },
    memory: { drains: { queue: { season } } },
  });
  assert.equal(would.desiredReplicas, 9);
  assert.deepEqual(would.without, [{ limit: "forecast", desiredReplicas: 3 }]);
});

test("of a drain rule that has not counted arrivals for a minute: that nobody goes before", () => {
  const learned = { secondsPerMessage: 2, messages: 100, at: NOW };
  const last = { at: NOW - 1_000, waiting: 0, inFlight: 3, arrivedCount: 900, completedCount: 897 };
  const flow = [{ at: NOW - 20_000, arrived: 0, completed: 0 }];
  const would = whatWouldChange({
    ...{ autoscaler: drainer(learningRule()), currentReplicas: 9, now: NOW },
    signals: { queue: { reading: { at: NOW, value: 3, waiting: 0, inFlight: 3, arrived: 901, completed: 898 } } },
    memory: { drains: { queue: { learned, flow, last } } },
  });
  assert.equal(would.desiredReplicas, 9);
  assert.equal(would.later?.desiredReplicas, 3);
  assert.ok((would.later?.afterSeconds ?? 0) >= 40, `${would.later?.afterSeconds}`);
});
