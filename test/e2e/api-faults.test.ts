import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import type { ApiRequest, Interference } from "../support/end-to-end/api-proxy.ts";
import { conditionOf, eventsOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

/** Answers the first so many scalings of one workload itself. */
function refusing(name: string, times: number, interference: Interference) {
  let left = times;
  return ({ method, path }: ApiRequest): Interference | undefined => {
    if (method !== "PATCH" || !path.endsWith(`/${name}/scale`) || left === 0) return undefined;
    left -= 1;
    return interference;
  };
}

const FAULTS: readonly (readonly [string, Interference, string])[] = [
  ["409", { status: 409 }, "conflict"],
  ["429", { status: 429, retryAfter: 1 }, "throttled"],
  ["500", { status: 500 }, "broken"],
  ["a cut connection", "cut", "cut"],
];

/** What may happen to a request; half of them pass. */
const STORM: readonly (Interference | "slow" | undefined)[] = [
  ...([undefined, undefined, undefined, undefined, "slow"] as const),
  ...[{ status: 409 }, { status: 429 }, { status: 500 }, { status: 503 }],
  "cut",
];

/** Numbers in [0, 1) that a seed brings back. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

for (const kind of CLUSTERS) {
  describe(`API server in trouble: ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    const tube = (name: string) => `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`;
    /** An object that sleeps on an empty tube, looked at already. */
    const asleep = async (name: string) => {
      await stage.pair(name, { queueURI: tube(name) });
      await conditionOf(stage, name, "ScalingActive", "ValidMetricFound");
    };

    before(async () => {
      stage = await Stage.open(kind);
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      muster = await stage.run(["--scale-down-delay-after-last-scale-activity", "0"]).ready();
    });
    afterEach(() => {
      stage.proxy.interfere = () => undefined;
    });
    after(() => stage?.close());

    for (const [what, interference, name] of FAULTS) {
      test(`a scaling that is answered by ${what} is made soon after, and nobody else waits for it`, async () => {
        await asleep(name);
        await asleep(`beside-${name}`);
        stage.proxy.interfere = refusing(name, 2, interference);
        await queue.put(name);
        await queue.put(`beside-${name}`);
        await scaledTo(stage, `beside-${name}`, 1);
        await scaledTo(stage, name, 1);
        const tries = stage.proxy.scalings(name).length;
        assert.ok(tries >= 3 && tries <= 4, `${tries} tries`);
        await conditionOf(stage, name, "Ready", "ReadyForNewScale");
      });
    }

    test("an API server that goes on refusing a scaling is said in the status and asked ever more rarely", async () => {
      await asleep("refused");
      stage.proxy.interfere = refusing("refused", 1_000, { status: 500 });
      await queue.put("refused");
      const { message } = await conditionOf(stage, "refused", "Ready", "FailedUpdateScale");
      assert.match(message, /the scale could not be written \(Unavailable\)/);
      assert.ok((await eventsOf(stage, "refused")).includes("Warning FailedUpdateScale"));
      const tried = stage.proxy.scalings("refused").length;
      await pause(3_000);
      assert.ok(stage.proxy.scalings("refused").length - tried <= 3, "no storm");
      stage.proxy.interfere = () => undefined;
      await scaledTo(stage, "refused", 1);
    });

    test("statuses and events that are answered by 429 and 500 are written later, and delay no scaling", async () => {
      await asleep("unwritten");
      let answers = 0;
      stage.proxy.interfere = ({ method, path }) => {
        if (method === "GET" || path.endsWith("/scale")) return undefined;
        answers += 1;
        return answers % 2 === 0 ? { status: 500 } : { status: 429, retryAfter: 1 };
      };
      await queue.put("unwritten");
      await scaledTo(stage, "unwritten", 1);
      await eventually(async () => assert.ok(answers > 1));
      stage.proxy.interfere = () => undefined;
      await eventually(async () => assert.equal((await stage.found("unwritten")).status?.lastScaling?.to, 1));
      await eventually(async () =>
        assert.ok((await eventsOf(stage, "unwritten")).includes("Normal SuccessfulRescale")),
      );
    });

    test("a slow API server delays, and nothing is written twice for it", async () => {
      await asleep("slow");
      stage.proxy.interfere = async ({ query }) => {
        if (!query.has("watch")) await pause(1_500);
        return undefined;
      };
      await queue.put("slow");
      await scaledTo(stage, "slow", 1);
      await eventually(async () => assert.equal((await stage.found("slow")).status?.lastScaling?.to, 1));
      assert.equal(stage.proxy.scalings("slow").length, 1);
    });

    test("watches that are cut go on where they stopped, without a new list", async () => {
      await asleep("cut-watch");
      const lists = () => stage.proxy.requests.filter(isList).length;
      const before = lists();
      for (let round = 0; round < 3; round += 1) {
        const watches = stage.proxy.requests.filter(({ query }) => query.has("watch")).length;
        let cut = 0;
        // A watch that was asked for may not be answered yet.
        await eventually(async () => {
          cut += stage.proxy.cutWatches();
          assert.ok(cut >= 2, `${cut} watches`);
        });
        await eventually(async () => {
          const now = stage.proxy.requests.filter(({ query }) => query.has("watch")).length;
          assert.ok(now >= watches + cut);
        });
      }
      await stage.objects.patch(`${groupPath("default")}/cut-watch`, { spec: { minReplicas: 2 } });
      await scaledTo(stage, "cut-watch", 2);
      assert.equal(lists(), before);
    });

    test("a watch that is answered by 410 lists again and misses nothing", async () => {
      await asleep("gone");
      let gone = 0;
      stage.proxy.interfere = ({ query }) => {
        if (!query.has("watch") || gone >= 3) return undefined;
        gone += 1;
        return { status: 410, body: { kind: "Status", code: 410, reason: "Expired", message: "too old" } };
      };
      const lists = stage.proxy.requests.filter(isList).length;
      // What changes while there is no watch is found by the list.
      stage.proxy.cutWatches();
      await stage.objects.patch(`${groupPath("default")}/gone`, { spec: { minReplicas: 3 } });
      await scaledTo(stage, "gone", 3);
      assert.equal(gone, 3);
      await eventually(async () => assert.ok(stage.proxy.requests.filter(isList).length > lists));
    });

    test("after any number of faults of all kinds every workload has its number, and every status says it", async () => {
      const names = Array.from({ length: 20 }, (_, index) => `storm-${index}`);
      const jobs = new Map(names.map((name) => [name, 0]));
      for (const name of names) await stage.pair(name, { queueURI: tube(name) });
      const seed = Date.now() % 100_000;
      const random = randomOf(seed);
      stage.proxy.interfere = async ({ query }) => {
        const fault = STORM[Math.floor(random() * STORM.length)];
        if (fault === "slow") await pause(random() * 300);
        return fault === "slow" || (fault === "cut" && query.has("watch")) ? undefined : fault;
      };
      for (let round = 0; round < 40; round += 1) {
        const name = names[Math.floor(random() * names.length)] ?? "";
        for (let put = 0; put < 7; put += 1) await queue.put(name);
        jobs.set(name, (jobs.get(name) ?? 0) + 7);
        if (round % 5 === 0) stage.proxy.cutWatches();
        await pause(100);
      }
      stage.proxy.interfere = () => undefined;
      for (const [name, count] of jobs) {
        await scaledTo(stage, name, Math.ceil(count / 10));
        await eventually(async () => {
          const { status } = await stage.found(name);
          assert.deepEqual(
            [status?.CurrentMessages, status?.CurrentReplicas],
            [count, Math.ceil(count / 10)],
            `${seed}`,
          );
        });
      }
    });

    test("while the API server is away the process stays; once it is back it goes on by itself", async () => {
      await asleep("away");
      await stage.cluster.goDown();
      await queue.put("away");
      // Its autoscaler is read first, as the watch is interrupted.
      const isRead = ({ query }: ApiRequest) => query.get("fieldSelector") === "metadata.name=away";
      await eventually(async () => assert.ok(stage.proxy.requests.some(isRead)));
      assert.equal((await muster.get("/healthz")).status, 200);
      await stage.cluster.comeBack();
      await scaledTo(stage, "away", 1);
      await eventually(async () => assert.equal((await stage.found("away")).status?.lastScaling?.to, 1));
      await stage.pair("after-restart", { queueURI: tube("after-restart"), minReplicas: 1 });
      await scaledTo(stage, "after-restart", 1);
    });

    test("nothing of all this was unexpected", () => {
      assert.equal(muster.hasEnded, false);
      assert.deepEqual(
        muster.lines().filter(({ level }) => level === "error"),
        [],
      );
    });
  });
}

/** Newer servers send the list as the watch's beginning. A check of the server's version, or of one object, is none. */
function isList({ method, path, query }: ApiRequest): boolean {
  return (
    method === "GET" &&
    query.get("limit") !== "1" &&
    !query.has("fieldSelector") &&
    path.endsWith("/workerpodautoscalers") &&
    (!query.has("watch") || query.has("sendInitialEvents"))
  );
}
