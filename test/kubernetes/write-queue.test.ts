import assert from "node:assert/strict";
import { test } from "node:test";
import { KubernetesError } from "../../src/kubernetes/ports.ts";
import { WriteQueue, type WriteQueueOptions } from "../../src/kubernetes/report/write-queue.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { eventually, within } from "../support/waiting.ts";

const FOR_EVER = new AbortController().signal;

async function queueing(
  options: Partial<WriteQueueOptions>,
  body: (queue: WriteQueue, problems: KubernetesError[]) => Promise<void>,
): Promise<void> {
  await leavesNothingBehind(async () => {
    const problems: KubernetesError[] = [];
    const usual = { urgentPerSecond: 1_000, routinePerSecond: 1_000, routineBurst: 1_000, concurrency: 4 };
    const queue = new WriteQueue({ ...usual, onProblem: (problem) => problems.push(problem), ...options });
    try {
      await body(queue, problems);
    } finally {
      queue.close();
    }
  });
}

test("of several writes to one key the newest is sent, once", async () => {
  await queueing({}, async (queue) => {
    const made: number[] = [];
    for (let n = 0; n < 10; n += 1) queue.add("thing", "routine", () => async () => void made.push(n));
    await queue.flush(FOR_EVER);
    assert.deepEqual(made, [9]);
  });
});

test("what waits gives way to scalings, but not without end", async () => {
  let isBusy = true;
  let made = 0;
  const write = () => async () => {
    made += 1;
  };
  await queueing({ givesWay: () => isBusy }, async (queue) => {
    queue.add("thing", "urgent", write);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(made, 0);
    isBusy = false;
    await eventually(async () => assert.equal(made, 1), { pauseMs: 1 });
    isBusy = true;
    queue.add("thing", "urgent", write);
    await eventually(async () => assert.equal(made, 2), { pauseMs: 1 });
    queue.add("thing", "urgent", write);
    await queue.flush(FOR_EVER);
    assert.equal(made, 3);
  });
});

test("one write per thing is under way at a time, and what comes meanwhile is made after it", async () => {
  await queueing({}, async (queue) => {
    let underWay = 0;
    const made: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let begun = 0;
    const write = (name: string) => () => async () => {
      underWay += 1;
      assert.equal(underWay, 1);
      begun += 1;
      await gate;
      underWay -= 1;
      made.push(name);
    };
    queue.add("thing", "urgent", write("first"));
    await eventually(async () => assert.equal(begun, 1), { pauseMs: 1 });
    queue.add("thing", "urgent", write("second"));
    queue.add("thing", "urgent", write("third"));
    const flushed = queue.flush(FOR_EVER);
    await new Promise((resolve) => setImmediate(resolve));
    open();
    await flushed;
    assert.deepEqual(made, ["first", "third"]);
  });
});

test("urgent writes pass the routine ones that wait for their rate", async () => {
  await queueing({ routinePerSecond: 20, routineBurst: 2 }, async (queue) => {
    const made: string[] = [];
    const add = (name: string, urgency: "urgent" | "routine") =>
      queue.add(name, urgency, () => async () => void made.push(name));
    for (let n = 0; n < 8; n += 1) add(`routine-${n}`, "routine");
    add("urgent", "urgent");
    const began = performance.now();
    await eventually(async () => assert.ok(made.includes("urgent")));
    assert.ok(made.length <= 4, made.join());
    await eventually(async () => assert.equal(made.length, 9));
    assert.ok(performance.now() - began > 200, "six after the burst of two, at 20 a second");
  });
});

test("a write that turns out to be unnecessary does not count against the rate", async () => {
  await queueing({ routinePerSecond: 0.001, routineBurst: 1 }, async (queue) => {
    const made: string[] = [];
    for (let n = 0; n < 5_000; n += 1) queue.add(`same-${n}`, "routine", () => undefined);
    queue.add("changed", "routine", () => async () => void made.push("changed"));
    await eventually(async () => assert.deepEqual(made, ["changed"]));
    assert.equal(queue.size, 0);
  });
});

test("a failing write is retried less and less often, then given up, and delays no other", async () => {
  await queueing({}, async (queue, problems) => {
    let attempts = 0;
    queue.add("troubled", "urgent", () => async () => {
      attempts += 1;
      throw new KubernetesError("Unavailable", "webhook is broken", { status: 500 });
    });
    const made: number[] = [];
    for (let n = 0; n < 20; n += 1) queue.add(`fine-${n}`, "routine", () => async () => void made.push(n));
    await eventually(async () => assert.equal(made.length, 20));
    assert.ok(attempts < 3);
    await eventually(async () =>
      assert.deepEqual(
        problems.map(({ message }) => message),
        ["webhook is broken"],
      ),
    );
    assert.equal(attempts, 9);
    assert.equal(queue.size, 0);
  });
});

test("waits as long as a failing server asks, and loses nothing", async () => {
  await queueing({}, async (queue, problems) => {
    const at: number[] = [];
    const made = new Set<number>();
    for (let n = 0; n < 5; n += 1) {
      queue.add(`thing-${n}`, "urgent", () => async () => {
        at.push(performance.now());
        if (at.length <= 4) throw new KubernetesError("Throttled", "slow down", { status: 429, retryAfterSeconds: 1 });
        made.add(n);
      });
    }
    await eventually(async () => assert.equal(made.size, 5));
    assert.ok((at[4] ?? 0) - (at[3] ?? 0) > 900, "waited for a second");
    assert.deepEqual(problems, []);
  });
});

test("a write that the server refuses for good is reported and not repeated", async () => {
  await queueing({}, async (queue, problems) => {
    let attempts = 0;
    queue.add("thing", "urgent", () => async () => {
      attempts += 1;
      throw new KubernetesError("Invalid", "no such field", { status: 422 });
    });
    await queue.flush(FOR_EVER);
    assert.equal(attempts, 1);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["Invalid"],
    );
  });
});

test("a flush writes what waits for its rate and what rests after a failure, and ends in time where it cannot", async () => {
  await queueing({ routinePerSecond: 0.001, routineBurst: 1 }, async (queue) => {
    const made: number[] = [];
    for (let n = 0; n < 10; n += 1) queue.add(`thing-${n}`, "routine", () => async () => void made.push(n));
    await within(5_000, queue.flush(FOR_EVER));
    assert.equal(made.length, 10);
    queue.add(
      "stuck",
      "urgent",
      () => (signal) => new Promise((_, reject) => signal.addEventListener("abort", reject)),
    );
    const limit = new AbortController();
    const flushing = queue.flush(limit.signal);
    setTimeout(() => limit.abort(), 50);
    await within(5_000, flushing);
  });
});

test("the first write into an empty queue waits for others to join it, but not during a flush", async () => {
  await queueing({ holdMs: 60_000 }, async (queue) => {
    const made: string[] = [];
    const write = (what: string) => () => async () => void made.push(what);
    queue.add("status", "urgent", write("decided"));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.deepEqual(made, []);
    queue.add("status", "urgent", write("scaled"));
    queue.add("event", "urgent", write("event"));
    await within(5_000, queue.flush(FOR_EVER));
    assert.deepEqual(made, ["scaled", "event"]);
  });
  await queueing({ holdMs: 20 }, async (queue) => {
    const made: string[] = [];
    queue.add("status", "urgent", () => async () => void made.push("status"));
    await untilMade(made, 1);
  });
});

test("a removed write is not sent", async () => {
  await queueing({}, async (queue) => {
    const made: string[] = [];
    queue.add("gone", "urgent", () => async () => void made.push("gone"));
    queue.remove("gone");
    queue.add("kept", "urgent", () => async () => void made.push("kept"));
    await queue.flush(FOR_EVER);
    assert.deepEqual(made, ["kept"]);
  });
});

test("a write whose turn comes between two readings of the clock is made", async () => {
  // Each reading of the clock is a little later: in some phase the rate says "not yet" and, asked for how long, "now".
  for (let phase = 0; phase < 1; phase += 0.05) {
    let now = 0;
    const monotonic = () => {
      now += 0.3;
      return now;
    };
    await queueing({ routineBurst: 1, concurrency: 1, monotonic }, async (queue) => {
      const made: string[] = [];
      queue.add("first", "routine", () => async () => void made.push("first"));
      await untilMade(made, 1);
      now += phase;
      queue.add("second", "routine", () => async () => void made.push("second"));
      await untilMade(made, 2);
    });
  }
});

async function untilMade(made: readonly string[], count: number): Promise<void> {
  await eventually(async () => assert.equal(made.length, count), { patienceMs: 5_000, pauseMs: 1 });
}

test("a write that the lease does not allow yet is retried, and is no problem", async () => {
  await queueing({}, async (queue, problems) => {
    let isAllowed = false;
    let tries = 0;
    const made: string[] = [];
    queue.add("thing", "urgent", () => async () => {
      tries += 1;
      if (!isAllowed) throw new KubernetesError("NotLeading", "not sent");
      made.push("thing");
    });
    await eventually(async () => assert.ok(tries >= 2));
    isAllowed = true;
    await eventually(async () => assert.deepEqual(made, ["thing"]));
    assert.deepEqual(problems, []);
  });
});

test("discarded writes are never sent, and later ones are", async () => {
  await queueing({ holdMs: 50 }, async (queue) => {
    const made: string[] = [];
    queue.add("old", "routine", () => async () => void made.push("old"));
    queue.add("failing", "urgent", () => async () => {
      throw new KubernetesError("TimedOut", "no answer");
    });
    queue.discard();
    assert.equal(queue.size, 0);
    queue.add("new", "routine", () => async () => void made.push("new"));
    await queue.flush(FOR_EVER);
    assert.deepEqual(made, ["new"]);
  });
});
