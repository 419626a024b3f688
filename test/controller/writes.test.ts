import assert from "node:assert/strict";
import { test } from "node:test";
import { KubernetesError, type KubernetesErrorKind } from "../../src/kubernetes/ports.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

async function busy(replicas = 0, answer = 50) {
  const world = controllerWorld();
  world.workloads.set("mail", replicas);
  world.queue("mail").answer = answer;
  world.controller.keep(parsedAutoscaler("mail"));
  return world;
}

/** A write that waits until the test lets it go on. */
function held() {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { until, release: () => release() };
}

test("never has two writes of one object under way, and the second one counts from the first one's result", async () => {
  const world = await busy();
  const gate = held();
  world.workloads.interfere = () => gate.until;
  await world.elect();
  world.queue("mail").answer = 80;
  await world.clock.advance(25_000);
  assert.equal(world.workloads.writing, 1);
  world.workloads.interfere = undefined;
  gate.release();
  await settle();
  assert.deepEqual(
    world.workloads.scalings.map(({ from, to }) => [from, to]),
    [
      [0, 5],
      [5, 8],
    ],
  );
  assert.equal(world.workloads.mostWritingAtOnce, 1);
  await world.stop();
});

test("a write that the watch shows late is not written again", async () => {
  const world = await busy();
  const stale = { state: "present", uid: "uid-mail", resourceVersion: "2", replicas: 0, rivals: [] } as const;
  await world.elect();
  assert.equal(world.workloads.scalings.length, 1);
  world.workloads.show("mail", stale);
  world.workloads.set("mail", 5);
  await world.clock.advance(60_000);
  assert.ok(world.workloads.scalings.length <= 2);
  await world.stop();
});

test("a conflict is no error: the newer workload is looked at and decided on", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 5);
  world.queue("mail").answer = 20;
  world.controller.keep(parsedAutoscaler("mail"));
  let conflicts = 0;
  world.workloads.interfere = () => {
    conflicts += 1;
    if (conflicts <= 3) world.workloads.set("mail", 5 + conflicts);
    return undefined;
  };
  await world.elect();
  await world.clock.advance(2_000);
  assert.equal(world.workloads.replicas("mail"), 2);
  assert.deepEqual(
    world.workloads.scalings.map(({ from }) => from),
    [8],
  );
  assert.deepEqual(world.reporter.reasons("mail"), ["SuccessfulRescale"]);
  await world.stop();
});

test("a storm of conflicts is bounded, and said when it does not end", async () => {
  const world = await busy(5, 20);
  world.workloads.interfere = async () => {
    throw new KubernetesError("Conflict", "the object has been modified");
  };
  await world.elect();
  await world.clock.advance(60_000);
  const tried = world.counts.get("scaled Conflict") ?? 0;
  assert.ok(tried > 5 && tried < 40, `${tried} writes in a minute`);
  assert.equal(world.reporter.conditions("mail")[0], "Ready=False FailedUpdateScale");
  await world.stop();
});

for (const kind of [
  "NotFound",
  "Forbidden",
  "Invalid",
  "Throttled",
  "Unavailable",
  "TimedOut",
] satisfies KubernetesErrorKind[]) {
  test(`a write that fails with ${kind} is reported, tried again ever more rarely, and made when it can be`, async () => {
    const world = await busy();
    world.workloads.interfere = async () => {
      throw new KubernetesError(kind, "not now");
    };
    await world.elect();
    assert.equal(world.reporter.conditions("mail")[0], "Ready=False FailedUpdateScale");
    await world.clock.advance(600_000);
    const tried = world.counts.get(`scaled ${kind}`) ?? 0;
    assert.ok(tried > 8 && tried < 40, `${tried} writes in ten minutes`);
    assert.deepEqual(world.reporter.reasons("mail"), ["FailedUpdateScale"]);
    world.workloads.interfere = undefined;
    await world.clock.advance(60_000);
    assert.equal(world.workloads.replicas("mail"), 5);
    assert.equal(world.reporter.conditions("mail")[0], "Ready=True ReadyForNewScale");
    await world.stop();
  });
}

test("waits as long as the API server asks", async () => {
  const world = await busy();
  world.workloads.interfere = async () => {
    throw new KubernetesError("Throttled", "too many requests", { retryAfterSeconds: 120 });
  };
  await world.elect();
  await world.clock.advance(119_000);
  assert.equal(world.counts.get("scaled Throttled"), 1);
  await world.clock.advance(2_000);
  assert.equal(world.counts.get("scaled Throttled"), 2);
  await world.stop();
});

test("a write that hangs is given up", async () => {
  const world = await busy();
  world.workloads.interfere = () => new Promise<void>(() => undefined);
  await world.elect();
  await world.clock.advance(31_000);
  assert.equal(world.counts.get("scaled TimedOut"), 1);
  await world.stop(20_000);
  assert.equal(world.clock.pending, 0);
});

test("a lost lease ends looks, waits and writes at once", async () => {
  const world = await busy();
  const idle = world.queue("idle");
  idle.waits = "well";
  world.workloads.set("idle", 0);
  world.controller.keep(parsedAutoscaler("idle"));
  let aborted = false;
  world.workloads.interfere = (_, __, signal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(new KubernetesError("Unavailable", "aborted"));
      });
    });
  await world.elect();
  await world.depose();
  assert.ok(aborted);
  assert.equal(idle.waiting, 0);
  assert.equal(world.clock.pending, 0);
  assert.equal(world.workloads.scalings.length, 0);
  const { reads } = world.queue("mail");
  await world.clock.advance(600_000);
  assert.equal(world.queue("mail").reads, reads);
});

test("an elected process goes on where the object's status says that another one stopped", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 5);
  world.controller.keep(parsedAutoscaler("mail"));
  await world.clock.advance(60_000);
  world.controller.keep(parsedAutoscaler("mail", { memory: { lastScaleAt: world.clock.wall() } }));
  await world.elect();
  await world.clock.advance(599_000);
  assert.equal(world.workloads.replicas("mail"), 5);
  await world.clock.advance(2_000);
  assert.equal(world.workloads.replicas("mail"), 0);
  await world.stop();
});

test("can be elected, deposed and elected again", async () => {
  const world = await busy();
  await world.elect();
  await world.depose();
  world.queue("mail").answer = 90;
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 9);
  await world.stop();
});

test("asked to stop, it lets a write under way finish and reports it", async () => {
  const world = await busy();
  const gate = held();
  world.workloads.interfere = () => gate.until;
  await world.elect();
  setImmediate(gate.release);
  await world.stop();
  assert.equal(world.workloads.replicas("mail"), 5);
  assert.equal(world.reporter.flushed, 1);
  assert.notEqual(world.reporter.accounts.get("mail")?.lastScaleAt, undefined);
});

test("asked to stop, it does not wait for ever on a write that hangs", async () => {
  const world = await busy();
  world.workloads.interfere = () => new Promise<void>(() => undefined);
  world.reporter.flush = () => new Promise(() => undefined);
  await world.elect();
  await world.stop(6_000);
  assert.equal(world.controller.isLeading, false);
  assert.equal(world.clock.pending, 0);
});

test("the account keeps the last scaling and its reason after later decisions find nothing to do", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 30;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  const at = world.clock.wall();
  await world.clock.advance(120_000);
  const account = world.reporter.accounts.get("mail");
  assert.equal(account?.decision?.direction, "none");
  assert.deepEqual(account?.lastScaling, {
    at,
    from: 0,
    to: 3,
    reason: "30 messages at 10 per worker need 3 replicas",
  });
  assert.equal(account?.lastScaleAt, at);
  await world.stop();
});

test("a process that is elected again does not speak of a scaling from before: another may have scaled since", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 30;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.depose();
  await world.elect();
  assert.equal(world.reporter.accounts.get("mail")?.lastScaling, undefined);
  await world.stop();
});

test("steps out of a band once for each look, however often something else asks for a pass", async () => {
  const rule = { kind: "band", low: 10, high: 20, direction: "HighIsBusy", stepUp: 2, stepDown: 1 } as const;
  for (const profile of ["phpa", "worker-autoscaler"] as const) {
    const world = controllerWorld();
    world.workloads.set("lag", 1);
    world.queue("lag").answer = 500;
    const parsed = parsedAutoscaler("lag", { profile, coolDownSeconds: 0, pollIntervalSeconds: 20, signal: { rule } });
    world.controller.keep(parsed);
    await world.elect();
    world.workloads.set("lag", 3, { availableReplicas: 2 });
    for (let times = 0; times < 5; times += 1) {
      world.controller.keep(structuredClone(parsed));
      await settle();
    }
    assert.equal(world.workloads.replicas("lag"), 3);
    await world.clock.advance(65_000);
    const looks = world.queue("lag").reads;
    assert.equal(world.workloads.replicas("lag"), 1 + 2 * looks);
    await world.stop();
  }
});

test("without a cool-down a scale-down that maxDisruption cuts short goes on with the next look, not before", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 10);
  world.controller.keep(parsedAutoscaler("mail", { coolDownSeconds: 0, maxDisruption: { percent: 50 } }));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 5);
  await world.clock.advance(100);
  assert.equal(world.workloads.replicas("mail"), 5);
  await world.clock.advance(60_000);
  assert.ok((world.workloads.replicas("mail") ?? 9) < 3);
  await world.stop();
});

test("scales only what is confirmed: a change that the confirmation brings is decided on first", async () => {
  const asked: (() => void)[] = [];
  const answers = [false, true];
  const world = controllerWorld({
    confirm: (origin) => {
      assert.equal(origin.name, "mail");
      return new Promise((resolve) => asked.push(() => resolve(answers.shift() ?? true)));
    },
  });
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(asked.length, 1);
  world.controller.keep(parsedAutoscaler("mail", { maxReplicas: 3 }));
  asked[0]?.();
  await world.clock.advance(5_000);
  assert.deepEqual(world.workloads.scalings, []);
  asked[1]?.();
  await settle();
  assert.deepEqual(
    world.workloads.scalings.map(({ to }) => to),
    [3],
  );
  await world.stop();
});

test("scales nothing for an autoscaler that the confirmation finds deleted, and tries again where it fails", async () => {
  let confirm: () => Promise<boolean> = async () => {
    throw new KubernetesError("Unavailable", "no connection");
  };
  const world = controllerWorld({ confirm: () => confirm() });
  for (const name of ["deleted", "kept"]) {
    world.workloads.set(name, 0);
    world.queue(name).answer = 50;
    world.controller.keep(parsedAutoscaler(name));
  }
  await world.elect();
  assert.deepEqual(world.workloads.scalings, []);
  confirm = async () => {
    world.controller.forget("WorkerPodAutoScaler/shop/deleted");
    return true;
  };
  await world.clock.advance(60_000);
  assert.deepEqual(
    world.workloads.scalings.map(({ name, to }) => [name, to]),
    [["kept", 5]],
  );
  await world.stop();
});

test("a scaling is logged with its reason alone", async () => {
  const world = await busy();
  await world.elect();
  const [line = ""] = world.lines.filter((one) => one.startsWith("info Scaled the workload"));
  const { from, to, reason } = JSON.parse(line.slice(line.indexOf("{")));
  assert.deepEqual([from, to, reason], [0, 5, "50 messages at 10 per worker need 5 replicas"]);
  await world.stop();
});

test("a process that no longer leads tells of no decision, reading or trouble", async () => {
  const world = await busy();
  await world.elect();
  const account = () => world.controller.find("WorkerPodAutoScaler/shop/mail")?.account;
  assert.equal(account()?.decision?.desiredReplicas, 5);
  await world.depose();
  assert.equal(account(), undefined);
  await world.elect();
  assert.equal(account()?.decision?.desiredReplicas, 5);
  await world.stop();
});
