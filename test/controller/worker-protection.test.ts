import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { WorkerProtection } from "../../src/controller/worker-protection.ts";
import type { WriteOutcome } from "../../src/engine/scaler.ts";
import { type Consumer, defineSource } from "../../src/sources/shared/source.ts";
import { parsedAutoscaler } from "../support/controller-world.ts";
import { MemoryPods } from "../support/memory-pods.ts";
import { sourceTools } from "../support/source-tools.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const NEVER = new AbortController().signal;

/** A Deployment of these workers, and a broker that says who is busy as it was `late` milliseconds ago. */
function world(names: readonly string[], late = 0) {
  const clock = new VirtualClock();
  const pods = new MemoryPods(names, clock);
  const busy = new Map<string, number>();
  /** What was true when, newest last: the broker shows what is old enough. */
  const past: { readonly at: number; readonly consumers: readonly Consumer[] }[] = [];
  const note = () => {
    const consumers = names.map((worker) => ({ worker, messages: busy.get(worker) ?? 0 }));
    past.push({ at: clock.wall(), consumers });
  };
  note();
  let questions = 0;
  const type = defineSource({
    ...{ type: "broker", about: "", settings: z.object({}), pace: { movingSeconds: 1, steadySeconds: 1 } },
    ...{ example: {}, notes: [] },
    connect: () => ({ read: async () => ({ at: 0, value: 0 }) }),
    consumers: {
      open: () => ({
        read: async () => {
          questions += 1;
          const at = clock.wall() - late;
          const consumers = past.findLast((one) => one.at <= at)?.consumers ?? [];
          return { at, consumers };
        },
      }),
    },
  });
  let stopped = 0;
  const incidents: string[] = [];
  const lines: string[] = [];
  const log = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const nothing = () => undefined;
  const protection = new WorkerProtection({
    ...{ pods, clock, sourceType: () => type, tools: sourceTools({ now: () => clock.wall() }) },
    log: { debug: log, info: log, warn: log, error: log },
    reporter: { tell: ({ name }, { reason, message }) => void incidents.push(`${name} ${reason}: ${message}`) },
    telemetry: {
      ...{ looked: nothing, putOff: nothing, scaled: nothing, acted: nothing, decided: nothing, failed: nothing },
      stoppedBusy: (workers) => {
        stopped += workers;
      },
    },
  });
  const { autoscaler } = parsedAutoscaler("mailer", {
    busyWorkers: { protect: "Always", source: { type: "broker", settings: {} } },
  });
  return {
    ...{ clock, pods, lines, incidents, protection, autoscaler },
    questions: () => questions,
    stopped: () => stopped,
    /** That worker takes a message, or ends its work. */
    works(worker: string, messages = 1) {
      busy.set(worker, messages);
      note();
    },
    /** Scales down to the others than `leaving`. Resolves when enough time has passed. */
    async fall(leaving: readonly string[], seconds = 30): Promise<{ outcome?: WriteOutcome; writtenAt?: number }> {
      const from = pods.replicas;
      const result: { outcome?: WriteOutcome; writtenAt?: number } = {};
      const began = clock.monotonic();
      await protection.survey(autoscaler, NEVER);
      const change = { from, to: from - leaving.length, resourceVersion: "1", leaving };
      const write = async ({ to }: { readonly to: number }) => {
        result.writtenAt = clock.monotonic() - began;
        pods.scale(to);
        return "ok" as const;
      };
      void protection.release(autoscaler, change, write, { calledOff: NEVER, ending: NEVER }).then((outcome) => {
        result.outcome = outcome;
      });
      await clock.advance(seconds * 1000);
      return result;
    },
  };
}

test("a broker whose statistics are 5 s late is asked until they are from after the marks", async () => {
  const { fall, questions, pods } = world(["a", "b", "c"], 5_000);
  const { outcome, writtenAt = 0 } = await fall(["c"]);
  assert.equal(outcome, "ok");
  assert.ok(writtenAt >= 5_000 && writtenAt < 8_000, `written after ${writtenAt} ms`);
  assert.ok(questions() >= 5);
  assert.deepEqual(
    pods.pods.map(({ name }) => name),
    ["a", "b"],
  );
});

test("a worker that took a message before the marks stays, though the broker shows that only later", async () => {
  const { fall, works, pods, clock, stopped } = world(["a", "b", "c"], 5_000);
  await clock.advance(10_000);
  works("c");
  const { outcome, writtenAt } = await fall(["c"]);
  assert.equal(writtenAt, undefined);
  assert.deepEqual(outcome, {
    kind: "WorkersBusy",
    message: "c was idle and cannot be stopped now: works on 1 message",
  });
  assert.equal(pods.replicas, 3);
  assert.ok(pods.pods.every(({ deletionCost }) => deletionCost === undefined));
  assert.equal(stopped(), 0);
});

test("those that go before a worker that took a message in the meantime go, and the others stay", async () => {
  const { fall, works, pods, clock, stopped } = world(["a", "b", "c", "d", "e"], 5_000);
  await clock.advance(10_000);
  works("c");
  const { outcome } = await fall(["e", "d", "c", "b"]);
  const because = "c was idle and cannot be stopped now: works on 1 message";
  assert.deepEqual(outcome, { kind: "Partial", to: 3, because });
  assert.deepEqual(
    pods.pods.map(({ name }) => name),
    ["a", "b", "c"],
  );
  assert.ok(pods.pods.every(({ deletionCost }) => deletionCost === undefined));
  assert.equal(stopped(), 0);
});

test("a worker that was protected when it was to be marked stays, though it is idle again by the last question", async () => {
  const { fall, works, pods } = world(["busy", "b", "c", "d"]);
  works("busy");
  pods.protects = "c";
  const { outcome } = await fall(["d", "c", "b"]);
  const because = "c was idle and cannot be stopped now: it has been protected";
  assert.deepEqual(outcome, { kind: "Partial", to: 3, because });
  assert.deepEqual(
    pods.pods.map(({ name }) => name),
    ["busy", "b", "c"],
  );
});

test("a worker whose cost another controller wrote goes after those with our mark, and so after the busy one", async () => {
  const { fall, works, pods, clock } = world(["a", "b", "c", "d", "e"], 5_000);
  await clock.advance(10_000);
  pods.write("d", -5);
  works("c");
  const { outcome } = await fall(["e", "d", "c", "b"]);
  assert.equal(JSON.stringify(outcome).includes('"to":4'), true, JSON.stringify(outcome));
  assert.deepEqual(
    pods.pods.map(({ name }) => name),
    ["a", "b", "c", "d"],
  );
});

test("a rise that comes before Kubernetes has acted on a scale-down takes no mark from those that it stops", async () => {
  const { fall, works, pods } = world(["a", "b", "c"]);
  works("a");
  const scale = pods.scale.bind(pods);
  // Kubernetes still acts on the lower number.
  pods.scale = (replicas) => {
    scale(replicas);
    pods.replicas = 3;
  };
  await fall(["c"]);
  assert.deepEqual(
    pods.pods.map(({ name }) => name),
    ["a", "b"],
  );
});

test("where Kubernetes skips a scale-down that a rise overtook, the marks go after some seconds", async () => {
  const { fall, pods } = world(["a", "b", "c"]);
  pods.scale = () => undefined;
  await fall(["c"], 4);
  assert.ok(pods.pods.some(({ deletionCost }) => deletionCost?.isOurs));
  await fall([], 5);
  assert.ok(pods.pods.every(({ deletionCost }) => deletionCost === undefined));
});

test("a broker that is not late is asked once more, a second after the marks", async () => {
  const { fall, questions } = world(["a", "b", "c"]);
  const { writtenAt = 0 } = await fall(["c"], 1.2);
  assert.ok(writtenAt >= 1_000 && writtenAt < 1_200);
  assert.ok(questions() >= 3, "before the marks, after them, and once the scale is written");
});

test("a broker that never speaks of after the marks stops nobody", async () => {
  const { fall, pods, autoscaler } = world(["a", "b", "c"], 80_000);
  assert.equal(autoscaler.busyWorkers?.protect, "Always");
  const { outcome, writtenAt } = await fall(["c"], 130);
  assert.equal(writtenAt, undefined);
  assert.match(JSON.stringify(outcome), /older than the marks/);
  assert.equal(pods.replicas, 3);
});

test("counts a worker that takes a message after the last question and gives it back as soon as it is told to stop", async () => {
  const { fall, works, pods, clock, stopped, lines, incidents } = world(["a", "b", "c"]);
  const scale = pods.scale.bind(pods);
  pods.scale = (replicas) => {
    works("c");
    scale(replicas);
  };
  pods.told = (pod) => works(pod, 0);
  pods.takes.ending = 50;
  await fall(["c"]);
  assert.equal(stopped(), 1);
  assert.match(lines.join("\n"), /Stopped busy workers .*"pods":"c"/);
  assert.deepEqual(incidents, ["mailer StoppedBusyWorkers: a scale-down stopped 1 worker at work: c"]);
  await clock.advance(30_000);
  assert.equal(stopped(), 1);
});

test("counts a worker that takes a message just before it is told to stop, and works on it while it ends", async () => {
  const { fall, works, pods, clock, stopped } = world(["a", "b", "c"]);
  pods.takes.ending = 20_000;
  clock.after(1_250, () => works("c"));
  await fall(["c"]);
  assert.equal(stopped(), 1);
});

test("counts it also where the broker shows that some seconds later", async () => {
  const { fall, works, pods, stopped } = world(["a", "b", "c"], 5_000);
  const scale = pods.scale.bind(pods);
  pods.scale = (replicas) => {
    works("c");
    scale(replicas);
  };
  pods.takes.ending = 20_000;
  await fall(["c"]);
  assert.equal(stopped(), 1);
});

test("counts neither idle workers that were stopped nor busy ones that stay", async () => {
  const { fall, works, clock, stopped, pods } = world(["a", "b", "c"]);
  works("a");
  clock.after(1_250, () => works("b"));
  await fall(["c"]);
  assert.equal(pods.replicas, 2);
  assert.equal(stopped(), 0);
});

const MINUTES = 60_000;

test("a process that begins to act lists marked pods once for all autoscalers, and asks no more where there are none", async () => {
  const { protection, pods, autoscaler, clock } = world(["mailer-1234-a", "mailer-1234-b"]);
  const acting = new AbortController().signal;
  const others = Array.from({ length: 100 }, (_, index) => parsedAutoscaler(`other-${index}`).autoscaler);
  const tidied = Promise.all([autoscaler, ...others].map((one) => protection.tidy(one, acting)));
  await clock.advance(1_000);
  await tidied;
  assert.equal(pods.lists, 1);
});

test("it removes the marks of an earlier process, and looks at the pods of that workload alone", async () => {
  const { protection, pods, autoscaler, clock } = world(["mailer-1234-a", "mailer-1234-b"]);
  const [pod] = pods.pods;
  assert.ok(pod);
  await pods.mark("shop", pod, -7);
  const acting = new AbortController().signal;
  const others = Array.from({ length: 100 }, (_, index) => parsedAutoscaler(`other-${index}`).autoscaler);
  const tidied = Promise.all([autoscaler, ...others].map((one) => protection.tidy(one, acting)));
  await clock.advance(1_000);
  await tidied;
  assert.equal(pods.lists, 2);
  assert.ok(pods.pods.every(({ deletionCost }) => deletionCost === undefined));
});

test("marks of a workload that asks for it no longer are removed after five minutes", async () => {
  const { protection, pods, autoscaler, clock, lines } = world(["mailer-1234-a", "mailer-1234-b"]);
  const [pod] = pods.pods;
  assert.ok(pod);
  await pods.mark("shop", pod, -7);
  const { busyWorkers: _, ...asksNoLonger } = autoscaler;
  const removed = protection.tidyAbandoned(() => [asksNoLonger], new AbortController().signal);
  await clock.advance(4 * MINUTES);
  assert.equal(pods.pods[0]?.deletionCost?.value, -7, "another installation may be stopping it");
  await clock.advance(2 * MINUTES);
  await removed;
  assert.equal(pods.pods[0]?.deletionCost, undefined);
  assert.match(lines.join("\n"), /Removed deletion costs .*"removed":1/);
});

test("marks stay where an autoscaler asks for them by then, and where they are other ones by then", async () => {
  const { protection, pods, autoscaler, clock } = world(["mailer-1234-a", "mailer-1234-b"]);
  const [one, other] = pods.pods;
  assert.ok(one && other);
  await pods.mark("shop", one, -7);
  const { busyWorkers: _, ...asksNoLonger } = autoscaler;
  let now = asksNoLonger;
  const first = protection.tidyAbandoned(() => [now], new AbortController().signal);
  await clock.advance(MINUTES);
  now = autoscaler;
  await clock.advance(5 * MINUTES);
  await first;
  assert.equal(pods.pods[0]?.deletionCost?.value, -7);
  const second = protection.tidyAbandoned(() => [asksNoLonger], new AbortController().signal);
  await clock.advance(MINUTES);
  await pods.mark("shop", one, -8);
  await clock.advance(5 * MINUTES);
  await second;
  assert.equal(pods.pods[0]?.deletionCost?.value, -8);
});
