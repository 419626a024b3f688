import assert from "node:assert/strict";
import { test } from "node:test";
import type { DrainMemory } from "../../src/core/index.ts";
import { drained, drainRule, learningRule, Watch } from "../support/drains.ts";
import { NOW } from "../support/situations.ts";

const because = (decision: ReturnType<typeof drained>) => decision.steps[0]?.because ?? "";
const learned = { secondsPerMessage: 1.9, messages: 340, at: NOW - 12_000 };

test("what waits is begun within the objective, beside what is in hands", () => {
  const decision = drained(
    learningRule(),
    { waiting: 120, inFlight: 4 },
    { memory: { drains: { queue: { learned } } } },
  );
  assert.equal(decision.desiredReplicas, 8, "4 + 120 x 1.9 / 60");
  assert.equal(
    because(decision),
    "queue: 120 waiting, 4 in flight, 1.9 s a message (learned from 340 messages, 12 s ago): 8 drain them within 60 s",
  );
});

for (const [what, rule, counts, replicas] of [
  ["nothing to do needs nobody", {}, { waiting: 0, inFlight: 0 }, 0],
  ["a single message needs one", {}, { waiting: 1, inFlight: 0 }, 1],
  ["what waits shares the objective", {}, { waiting: 60, inFlight: 0 }, 2],
  [
    "a message that takes longer than the objective has a replica of its own",
    { secondsPerMessage: 90 },
    { waiting: 7 },
    7,
  ],
  ["replicas in hands get a reserve of their square root", { headroom: 1 }, { waiting: 0, inFlight: 9 }, 12],
  ["twice of it", { headroom: 2 }, { waiting: 0, inFlight: 9 }, 15],
  ["a replica works on several at once", { concurrency: 4 }, { waiting: 60, inFlight: 9 }, 3],
  ["an exact number is not rounded up", { secondsPerMessage: 0.1, withinSeconds: 0.3 }, { waiting: 9, inFlight: 0 }, 3],
] as const) {
  test(`${what}: ${replicas}`, () => {
    assert.equal(drained(drainRule(rule), counts).desiredReplicas, replicas);
  });
}

test("a stated time is used until another is learned, and the learned one up to four times of it", () => {
  const stated = drained(drainRule(), { waiting: 60, inFlight: 0 });
  assert.match(because(stated), /2 s a message as stated/);
  const far = { secondsPerMessage: 30, messages: 40, at: NOW };
  const decision = drained(
    drainRule(),
    { waiting: 60, inFlight: 0 },
    { memory: { drains: { queue: { learned: far } } } },
  );
  assert.equal(decision.desiredReplicas, 8);
  assert.match(because(decision), /8 s a message \(4 times the stated 2 s; 30 s learned from 40 messages, 0 s ago\)/);
  const short = { secondsPerMessage: 0.1, messages: 40, at: NOW };
  const few = drained(drainRule(), { waiting: 60, inFlight: 0 }, { memory: { drains: { queue: { learned: short } } } });
  assert.match(because(few), /0.5 s a message \(a quarter of the stated 2 s/);
  assert.deepEqual(decision.signals[0]?.learned, far);
});

test("while nothing is known of a message's time it counts as the whole objective, the most", () => {
  const decision = drained(learningRule(), { waiting: 7, inFlight: 0 });
  assert.equal(decision.desiredReplicas, 7);
  assert.match(because(decision), /a message counts as all of 60 s, as it is not known yet how long one takes/);
});

test("where counters will soon tell, replicas at most double until it is known", () => {
  const counts = { waiting: 7, arrived: 107, completed: 100 };
  const decision = drained(learningRule(), counts);
  assert.equal(decision.desiredReplicas, 4);
  assert.match(because(decision), /7 drain them .*until that is known the number at most doubles each 30 s, so 4/);
  const at = (lastScaleAt: number) => drained(learningRule(), counts, { current: 3, memory: { lastScaleAt } });
  assert.equal(at(NOW - 10_000).desiredReplicas, 3);
  assert.equal(at(NOW - 31_000).desiredReplicas, 6);
});

/** Looks every 5 s at a queue in which nothing waits. */
function arrive(watch: Watch, seconds: number, perSecond: number, state: { arrived: number; waiting: number }): void {
  for (let second = 0; second < seconds; second += 5) {
    state.arrived += perSecond * 5;
    watch.look(5, { waiting: state.waiting, arrived: state.arrived, completed: state.arrived - state.waiting });
  }
}

test("the number stays while the wait that it leads to is within a third of the objective", () => {
  const watch = new Watch(drainRule(), { replicas: 6 });
  const state = { arrived: 1_000, waiting: 0 };
  arrive(watch, 50, 3, state);
  assert.equal(watch.decision?.desiredReplicas, 6, "for a minute nobody goes");
  assert.match(watch.because, /arrivals are not counted for a minute yet, so all 6 stay/);
  state.waiting = 30;
  arrive(watch, 300, 3, state);
  assert.equal(watch.decision?.desiredReplicas, 6, "30 messages of 2 s on 6 replicas wait 10 s");
  assert.match(watch.because, /30 waiting, 3 arriving a second/);
  assert.match(watch.because, /\(6 of 6 busy on average, 99 % wait under 13 s of 60 s; one fewer would make it 28 s\)/);
});

/** What the words promise where `load` of that many replicas are busy and nothing waits, for messages of 2 s. */
function promised(load: number, replicas: number, share: number): { wait: number; withFewer: number } {
  const flow = [600, 300, 120, 60, 30, 15, 5, 0].map((ago) => {
    const arrived = ((600 - ago) * load) / 2;
    return { at: NOW - ago * 1000, arrived, completed: arrived };
  });
  const options = { current: replicas, memory: { drains: { queue: { flow } } } };
  const decision = drained(drainRule({ share }), { waiting: 0, inFlight: replicas }, options);
  const number = String.raw`(\d+(?:\.\d+)?)`;
  const words = new RegExp(
    String.raw`\(${load} of ${replicas} busy on average, ${share * 100} % wait under ${number} s of 60 s; one fewer would make it ${number} s\)`,
  );
  const [, wait, withFewer] = words.exec(because(decision)) ?? [];
  return { wait: Number(wait), withFewer: Number(withFewer) };
}

/** The quantile of M/M/c's wait, by Erlang's C formula. */
function erlangWait(load: number, servers: number, share: number): number {
  let blocked = 1;
  for (let server = 1; server <= servers; server += 1) blocked = (load * blocked) / (server + load * blocked);
  const waits = blocked / (1 - load / servers + (load / servers) * blocked);
  return (Math.max(0, Math.log(waits / (1 - share))) * 2) / (servers - load);
}

for (const [load, replicas] of [
  [1, 2],
  [4, 5],
  [12, 14],
  [44, 50],
] as const) {
  test(`says how long messages wait by chance where ${load} of ${replicas} are busy, within a tenth of Erlang C`, () => {
    for (const share of [0.95, 0.99]) {
      const { wait, withFewer } = promised(load, replicas, share);
      const expected = erlangWait(load, replicas, share);
      assert.ok(Math.abs(wait - expected) <= 0.1 * expected + 0.15, `${wait} s, ${expected} s by Erlang C`);
      assert.ok(withFewer > wait, `${withFewer} s with one fewer`);
    }
  });
}

test("a longer wait that is foreseen brings replicas that lead back to a third of the objective", () => {
  const watch = new Watch(drainRule(), { replicas: 6 });
  const state = { arrived: 1_000, waiting: 0 };
  arrive(watch, 360, 3, state);
  state.waiting = 80;
  arrive(watch, 5, 3, state);
  assert.equal(watch.decision?.desiredReplicas, 7, "80 messages on 6 replicas wait 27 s");
});

test("a short queue lets those go that it could spare for five minutes, and an empty one without arrivals all", () => {
  const watch = new Watch(drainRule(), { replicas: 20 });
  const state = { arrived: 1_000, waiting: 0 };
  arrive(watch, 900, 3, state);
  assert.equal(watch.decision?.desiredReplicas, 6, "3 a second of 2 s each");
  watch.replicas = 6;
  arrive(watch, 900, 0, state);
  assert.equal(watch.decision?.desiredReplicas, 0);
});

test("a rise is believed as far as chance does not explain it, and for four times as long as it lasts", () => {
  const watch = new Watch(drainRule(), { replicas: 6 });
  const state = { arrived: 1_000, waiting: 0 };
  arrive(watch, 600, 3, state);
  arrive(watch, 5, 4, state);
  assert.equal(watch.decision?.desiredReplicas, 6);
  arrive(watch, 15, 30, state);
  assert.ok((watch.decision?.desiredReplicas ?? 0) >= 30, watch.because);
});

/** 3 a second for ten minutes, and 9 a second in the last one. */
const RISING = [600, 300, 120, 60, 30, 15, 0].map((ago) => {
  const arrived = 3 * (600 - ago) + 6 * Math.max(0, 60 - ago);
  return { at: NOW - ago * 1000, arrived, completed: arrived };
});

function onRise(rule: Parameters<typeof drainRule>[0], startUp: DrainMemory["startUp"] | "unseen" = "unseen") {
  const memory = { drains: { queue: { flow: RISING } } };
  const seen = { pods: 8, idle: [], busy: [], according: "a test" };
  const workers = startUp === "unseen" ? {} : { workers: { ...seen, at: NOW - 2_000, ...(startUp && { startUp }) } };
  return drained(drainRule(rule), { waiting: 0, inFlight: 6 }, { current: 8, memory, ...workers });
}

test("goes by the start-up that pods have shown, within a quarter and four times of what is stated", () => {
  const [stated, longer] = [onRise({}), onRise({ startUpSeconds: 90 })];
  assert.ok(longer.desiredReplicas > stated.desiredReplicas, `${longer.desiredReplicas}, ${stated.desiredReplicas}`);
  assert.doesNotMatch(because(stated), /until a replica works/);
  const shown = onRise({}, { seconds: 90, pods: 3, at: NOW - 2_000 });
  assert.equal(shown.desiredReplicas, longer.desiredReplicas);
  assert.match(because(shown), /, 90 s until a replica works \(learned from 3 pods, 2 s ago\): /);
  const tooLong = onRise({}, { seconds: 900, pods: 1, at: NOW - 2_000 });
  assert.equal(tooLong.desiredReplicas, onRise({ startUpSeconds: 120 }).desiredReplicas);
  assert.match(because(tooLong), /120 s until a replica works \(4 times the stated 30 s; 900 s learned from 1 pod, /);
  assert.equal(
    onRise({}, { seconds: 0, pods: 1, at: NOW - 2_000 }).desiredReplicas,
    onRise({ startUpSeconds: 7.5 }).desiredReplicas,
  );
});

test("remembers the start-up that pods have shown, and goes by what is stated while none has", () => {
  assert.equal(because(onRise({}, undefined)), because(onRise({})));
  const { memory } = onRise({}, { seconds: 90, pods: 3, at: NOW - 2_000 });
  const later = drained(drainRule(), { waiting: 0, inFlight: 6 }, { current: 8, memory, now: NOW + 5_000 });
  assert.match(because(later), /90 s until a replica works \(learned from 3 pods, 7 s ago\)/);
  const watch = new Watch(drainRule(), { replicas: 8, memory });
  for (const arrived of [0, 15, 30]) watch.look(5, { waiting: 0, inFlight: 6, arrived, completed: arrived });
  watch.look(500, { waiting: 0, inFlight: 6, arrived: 45, completed: 45 });
  assert.match(watch.because, /90 s until a replica works/, "also after a pause");
});

test("prefer: Wait keeps a reserve of a square root", () => {
  const watch = new Watch(drainRule({ prefer: "Wait" }), { replicas: 20 });
  const state = { arrived: 1_000, waiting: 0 };
  arrive(watch, 900, 8, state);
  assert.equal(watch.decision?.desiredReplicas, 20, "16 busy and 4 in reserve");
});

test("hands that finish nothing while others do are no capacity", () => {
  const watch = new Watch(drainRule({ secondsPerMessage: 0.4 }), { replicas: 8 });
  for (let look = 0; look < 60; look++) {
    // A message a second is what two of the eight hands finish, as 1.6 s are the most that a message may take here.
    const completed = 5 * look;
    watch.look(5, { waiting: 12, inFlight: 8, arrived: completed + 20, completed });
  }
  assert.match(watch.because, /\d held up/);
  assert.ok((watch.decision?.desiredReplicas ?? 0) >= 8, watch.because);
});
test("counters that begin again, as after a restart, are no negative rate and no burst", () => {
  const watch = new Watch(drainRule(), { replicas: 2 });
  for (let look = 0; look <= 30; look++) {
    const arrived = (look < 20 ? 1_000_000 : 0) + (look % 20) * 5;
    watch.look(5, { waiting: 0, inFlight: 1, arrived, completed: arrived - 1 < 0 ? 0 : arrived - 1 });
  }
  assert.match(watch.because, /(0\.9\d*|1) arriving a second/);
});

test("after a pause longer than readings stay fresh, counting begins anew", () => {
  const watch = new Watch(drainRule(), { replicas: 3 });
  for (let look = 0; look < 20; look++) watch.look(5, { waiting: 0, inFlight: 0, arrived: look, completed: look });
  assert.equal(watch.decision?.desiredReplicas, 1);
  watch.look(500, { waiting: 0, inFlight: 0, arrived: 900, completed: 900 });
  assert.equal(watch.decision?.desiredReplicas, 3);
  assert.match(watch.because, /not counted for a minute yet/);
});

test("of a source that counts nothing, and of one late by minutes, no rate is made", () => {
  const decision = drained(drainRule(), { waiting: 0, inFlight: 2, arrivalsPerMinute: 6_000 }, { current: 9 });
  assert.equal(decision.desiredReplicas, 2);
});

test("where nothing tells what arrives or is in flight, it aims at the preferred wait, says so, and promises none", () => {
  const list = drained(drainRule(), { waiting: 60 });
  assert.equal(
    list.desiredReplicas,
    7,
    "60 x 2 s within 18 s: given all of 60 s, each message would wait for all of it",
  );
  assert.match(
    because(list),
    /60 waiting, 2 s a message as stated: 7 drain them within 18 s, not the whole objective, as nothing tells what arrives or is in flight$/,
  );
  assert.equal(drained(drainRule({ prefer: "Wait" }), { waiting: 60 }).desiredReplicas, 20);
  const counts = drained(drainRule(), { waiting: 60, inFlight: 0 });
  assert.match(because(counts), /: 2 drain them within 60 s$/);
});

test("a reading that cannot be right lowers nothing", () => {
  for (const odd of [{ inFlight: -1 }, { inFlight: 0, arrived: Number.NaN }, { inFlight: 0, oldestSeconds: -5 }]) {
    const decision = drained(drainRule(), { waiting: 0, ...odd }, { current: 5 });
    assert.equal(decision.desiredReplicas, 5, JSON.stringify(odd));
    assert.equal(decision.signals[0]?.trust, "implausible");
  }
});

test("what a limit holds back is never below the workers that are busy", () => {
  const scaleDown = { stabilizationWindowSeconds: 0, selectPolicy: "Max" as const, policies: [] };
  const changes = { behavior: { scaleDown } };
  const decision = drained(drainRule({ concurrency: 2 }), { waiting: 0, inFlight: 9 }, { current: 20, changes });
  assert.equal(decision.desiredReplicas, 5);
});
