import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type Situation } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { journalEntry } from "../../src/journal/journal-entry.ts";
import { drainRule } from "../support/drains.ts";
import { randomOf, seasonAfter } from "../support/seasons.ts";
import { anySituation, NOW, queueSituation } from "../support/situations.ts";

const ID = "WorkerPodAutoScaler/shop/sms-sender";
const ALL = { limit: 1_000 };

function note(journal: Journal, situation: Situation): void {
  journal.decided(situation, decide(situation));
}

/** A queue of so many messages for so many workers, `seconds` later; of another autoscaler if that is named. */
function later(seconds: number, value: number, replicas: number, name = "sms-sender"): Situation {
  const { autoscaler, signals, ...situation } = queueSituation({ value }, replicas);
  const id = `WorkerPodAutoScaler/shop/${name}`;
  return {
    ...situation,
    autoscaler: { ...autoscaler, id, origin: { ...autoscaler.origin, name } },
    signals: { queue: { reading: { at: NOW + seconds * 1000, value } } },
    now: NOW + seconds * 1000,
  };
}

test("a repeated decision only updates the end and count of the last entry", () => {
  const journal = new Journal();
  for (const seconds of [0, 10, 20]) note(journal, later(seconds, 80, 8));
  note(journal, later(30, 81, 8));
  const [first, second, ...others] = journal.entries(ALL);
  assert.equal(others.length, 0);
  assert.deepEqual(
    [first?.at, first?.until, first?.count],
    ["2024-06-01T12:00:00.000Z", "2024-06-01T12:00:20.000Z", 3],
  );
  assert.deepEqual([second?.count, second?.signals[0]?.value], [1, 81]);
});

test("an entry has the readings, each rule's step, the bounds and the outcome", () => {
  const journal = new Journal();
  note(journal, queueSituation({ value: 120, arrivalsPerMinute: 30, idleWorkers: 0 }, 7));
  journal.scaled(ID, NOW + 40, 7, 12);
  const [entry] = journal.entries(ALL);
  assert.deepEqual(entry?.signals, [
    {
      name: "queue",
      trust: "ok",
      value: 120,
      arrivalsPerMinute: 30,
      idleWorkers: 0,
      recommendedReplicas: 12,
      ageSeconds: 2,
      readAt: "2024-06-01T11:59:58.000Z",
      failure: undefined,
    },
  ]);
  assert.deepEqual(
    entry?.steps.map(({ rule, from, to }) => [rule, from, to]),
    [["sizeForBacklog", 7, 12]],
  );
  assert.deepEqual([entry?.minReplicas, entry?.maxReplicas, entry?.direction], [0, 30, "up"]);
  assert.deepEqual([entry?.outcome, entry?.scaled], ["Scaled", { at: "2024-06-01T12:00:00.040Z", from: 7, to: 12 }]);
});

test("an entry says why nothing was done: nothing to do, a dry run, a failed write", () => {
  const outcomes = (journal: Journal) => journal.entries(ALL).map(({ outcome, failure }) => [outcome, failure]);
  const journal = new Journal();
  note(journal, later(0, 80, 8));
  note(journal, later(1, 90, 8));
  journal.failed(ID, 9, "403: forbidden");
  assert.deepEqual(outcomes(journal), [
    ["NothingToDo", undefined],
    ["Failed", "403: forbidden"],
  ]);
  const dry = new Journal({ dryRun: true });
  note(dry, later(1, 90, 8));
  assert.deepEqual(outcomes(dry), [["DryRun", undefined]]);
});

test("keeps at most the set number of one autoscaler and of all, and always the newest of each", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 40 })), { maxLength: 200 }), (decisions) => {
      const journal = new Journal({ eachKept: 5, pastKept: 9 });
      const last = new Map<string, number>();
      decisions.forEach(([who, value], index) => {
        note(journal, later(index, value, 8, `queue-${who}`));
        last.set(`queue-${who}`, value);
        assert.ok(journal.size <= 9 + last.size);
      });
      for (const [name, value] of last) {
        const entries = journal.entries({ name, ...ALL });
        assert.ok(entries.length <= 5);
        assert.equal(entries.at(-1)?.signals[0]?.value, value);
        const times = entries.map(({ at }) => at);
        assert.deepEqual(times, [...times].sort());
      }
      assert.equal(journal.entries(ALL).length, journal.size);
      for (const name of last.keys()) journal.forgotten(`WorkerPodAutoScaler/shop/${name}`);
      assert.equal(journal.size, 0);
    }),
    { numRuns: 100 },
  );
});

test("any decision's line on disk can be read back unchanged", () => {
  fc.assert(
    fc.property(anySituation, (situation) => {
      const lines: string[] = [];
      const journal = new Journal({ write: (entry) => lines.push(JSON.stringify(entry)) });
      note(journal, situation);
      const read = journalEntry.safeParse(JSON.parse(lines[0] ?? ""));
      assert.ok(read.success, read.error?.message);
      assert.equal(read.data.desiredReplicas, decide(situation).desiredReplicas);
    }),
    { numRuns: 500 },
  );
});

test("writes a line for each new decision, and another when its entry has changed", () => {
  const lines: JournalEntry[] = [];
  const journal = new Journal({ write: (entry) => lines.push(entry) });
  note(journal, later(0, 90, 8));
  journal.scaled(ID, NOW + 50, 8, 9);
  note(journal, later(1, 90, 9));
  note(journal, later(2, 90, 9));
  journal.close();
  assert.deepEqual(
    lines.map(({ at, outcome, count }) => [at.slice(17, 19), outcome, count]),
    [
      ["00", "Pending", 1],
      ["00", "Scaled", 1],
      ["01", "NothingToDo", 1],
      ["01", "NothingToDo", 2],
    ],
  );
});

test("a query selects by name, kind and time, and returns the newest up to its limit", () => {
  const journal = new Journal();
  for (let second = 0; second < 10; second += 1) note(journal, later(second, second + 1, 8, `queue-${second % 2}`));
  const seconds = (query: Parameters<Journal["entries"]>[0]) =>
    journal.entries(query).map(({ at }) => Number(at.slice(17, 19)));
  assert.deepEqual(seconds({ name: "queue-1", ...ALL }), [1, 3, 5, 7, 9]);
  assert.deepEqual(seconds({ since: NOW + 8_000, ...ALL }), [8, 9]);
  assert.deepEqual(seconds({ limit: 3 }), [7, 8, 9]);
  assert.deepEqual(seconds({ kind: "PHPAConfig", ...ALL }), []);
});

test("a poll's doubts are in the entry, and new doubts make a new entry", () => {
  const journal = new Journal();
  const doubts = [{ kind: "Throttled", message: "CloudWatch: slow down" }] as const;
  const { signals: _, ...situation } = later(0, 80, 8);
  const known = { at: NOW, value: 80 };
  note(journal, { ...situation, signals: { queue: { reading: known } } });
  note(journal, { ...situation, signals: { queue: { reading: { ...known, doubts } } } });
  note(journal, { ...situation, signals: { queue: { reading: { ...known, doubts: [...doubts] } } } });
  const [first, second, ...others] = journal.entries(ALL);
  assert.equal(others.length, 0);
  assert.deepEqual([first?.signals[0]?.doubts, second?.signals[0]?.doubts, second?.count], [undefined, doubts, 2]);
  assert.deepEqual(journalEntry.parse(JSON.parse(JSON.stringify(second))).signals[0]?.doubts, doubts);
});

test("answers with an earlier process's decisions until newer ones need the room", () => {
  const earlier = new Journal();
  for (const second of [0, 1, 2, 3]) note(earlier, later(second, second + 1, 8, `queue-${second % 2}`));
  const journal = new Journal({ eachKept: 3, pastKept: 4 });
  journal.remember(earlier.entries(ALL));
  const seconds = (query: object = {}) =>
    journal.entries({ ...ALL, ...query }).map(({ at }) => Number(at.slice(17, 19)));
  assert.deepEqual(seconds(), [0, 1, 2, 3]);
  for (const second of [10, 11, 12]) note(journal, later(second, second, 8, "queue-0"));
  assert.deepEqual(seconds({ name: "queue-0" }), [10, 11, 12], "three of each at most");
  assert.deepEqual(seconds({ name: "queue-1", since: NOW + 2_000 }), [3]);
  assert.deepEqual(seconds({ limit: 4 }), [3, 10, 11, 12]);
  journal.forgotten("WorkerPodAutoScaler/shop/queue-1");
  assert.deepEqual(seconds(), [10, 11, 12]);
});

test("remembers an earlier process's decisions late too, within the room that is left", () => {
  const earlier = new Journal();
  for (const second of [0, 1, 2, 3]) note(earlier, later(second, second + 1, 8, "queue-0"));
  const journal = new Journal({ eachKept: 10, pastKept: 3 });
  for (const second of [10, 11, 12]) note(journal, later(second, second, 8, "queue-1"));
  journal.remember(earlier.entries(ALL));
  const seconds = () => journal.entries(ALL).map(({ at }) => Number(at.slice(17, 19)));
  assert.deepEqual(seconds(), [3, 10, 11, 12]);
  note(journal, later(13, 13, 8, "queue-1"));
  assert.deepEqual(seconds(), [10, 11, 12, 13]);
  journal.remember(earlier.entries(ALL));
  assert.deepEqual(seconds(), [10, 11, 12, 13], "there is no room for the past");
});

test("a reading dated beyond the year 9999 does not spoil the line", () => {
  const journal = new Journal();
  const situation = later(0, 80, 8);
  note(journal, { ...situation, signals: { queue: { reading: { at: 1e15, value: 80 } } } });
  const [entry] = journal.entries(ALL);
  assert.ok(journalEntry.safeParse(JSON.parse(JSON.stringify(entry))).success);
});

test("few autoscalers have long histories; where many share the room, each has fifty", () => {
  const journal = new Journal({ pastKept: 600 });
  const lengthOf = (name: string) => journal.entries({ name, ...ALL }).length;
  for (let second = 0; second < 500; second += 1) note(journal, later(second, second + 1, 8, "first"));
  assert.equal(lengthOf("first"), 500);
  for (let second = 500; second < 510; second += 1) {
    for (let who = 0; who < 20; who += 1) note(journal, later(second, second + who, 8, `other-${who}`));
  }
  note(journal, later(511, 1, 8, "first"));
  assert.equal(lengthOf("first"), 50);
  assert.equal(lengthOf("other-3"), 10);
});

test("a decision that holds for hours is written again each hour, with how long it has held", () => {
  const lines: JournalEntry[] = [];
  const journal = new Journal({ write: (entry) => lines.push(entry) });
  for (let minute = 0; minute <= 150; minute += 1) note(journal, later(minute * 60, 80, 8));
  assert.deepEqual(
    lines.map(({ at, until }) => [at.slice(11, 16), until.slice(11, 16)]),
    [
      ["12:00", "12:00"],
      ["12:00", "13:00"],
      ["12:00", "14:00"],
    ],
  );
});

test("a write that ends after the next decision belongs to the decision that asked for it", () => {
  const lines: JournalEntry[] = [];
  const journal = new Journal({ write: (entry) => lines.push(entry) });
  note(journal, later(0, 90, 8));
  note(journal, later(1, 100, 9));
  journal.scaled(ID, NOW + 1_500, 8, 9);
  const last = lines.at(-1);
  assert.deepEqual([last?.at.slice(17, 19), last?.outcome, last?.scaled?.to], ["00", "Scaled", 9]);
});

test("the entry of a write that ends late has what a drain rule had counted", () => {
  const lines: JournalEntry[] = [];
  const journal = new Journal({ write: (entry) => lines.push(entry) });
  const seconds = (passed: number, waiting: number): Situation => {
    const situation = later(passed, waiting, 1);
    const limits = {
      share: 0.99,
      withinSeconds: 60,
      prefer: "Cost" as const,
      secondsPerMessage: 5,
      concurrency: 1,
      headroom: 0,
      startUpSeconds: 0,
    };
    const rule = { kind: "drain" as const, ...limits };
    const signals = situation.autoscaler.signals.map((signal) => ({ ...signal, rule }));
    const reading = { at: situation.now, value: waiting, waiting, inFlight: 0, arrived: waiting, completed: 0 };
    const autoscaler = { ...situation.autoscaler, profile: "worker-autoscaler" as const, signals };
    return { ...situation, autoscaler, signals: { queue: { reading } } };
  };
  note(journal, seconds(0, 100));
  const to = journal.newest(ID)?.decision.desiredReplicas ?? 0;
  note(journal, seconds(1, 300));
  journal.scaled(ID, NOW + 1_500, 1, to);
  const last = lines.at(-1);
  assert.deepEqual([last?.outcome, last?.signals[0]?.seen?.last?.waiting], ["Scaled", 100]);
  assert.deepEqual(last?.signals, lines[0]?.signals);
});

test("an entry keeps what a forecast foretold, and not the weeks that it was made from", () => {
  const season = seasonAfter(7, randomOf(1));
  const rule = drainRule({ forecast: "Raise" });
  const situation = later(0, 5, 1);
  const signals = situation.autoscaler.signals.map((signal) => ({ ...signal, rule }));
  const autoscaler = { ...situation.autoscaler, profile: "worker-autoscaler" as const, signals };
  const lines: JournalEntry[] = [];
  note(new Journal({ write: (entry) => lines.push(entry) }), {
    ...situation,
    autoscaler,
    memory: { drains: { queue: { season } } },
  });
  const read = journalEntry.parse(JSON.parse(JSON.stringify(lines[0])));
  assert.deepEqual(read.signals[0]?.seen?.season, { outlook: season.outlook });
});
