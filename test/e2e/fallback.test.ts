import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { eventsOf, scaledTo } from "../support/end-to-end/expectations.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_API_SERVER, SANDBOX } from "../support/end-to-end/test-cluster.ts";
import {
  createWorkerAutoscaler,
  type FoundWorkerAutoscaler,
  installWorkerAutoscalers,
  said,
  workerAutoscaler,
} from "../support/end-to-end/worker-autoscalers.ts";
import { KUBECTL } from "../support/kubectl.ts";
import { type HttpScript, type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

/** One cluster will do: time is what this is about. */
const kind = REAL_API_SERVER.skip === false ? REAL_API_SERVER : SANDBOX;
const AFTER_SECONDS = 4;
const COOL_DOWN_SECONDS = 6;

describe(`the fallback of WorkerAutoscalers on ${kind.name}`, {
  skip: kind.skip || KUBECTL.skip,
  timeout: 150_000,
}, () => {
  const values = new Map(Object.entries({ below: 20, above: 90, leap: 10, steady: 30 }));
  const script: HttpScript = ({ url }) => ({ body: { value: values.get(url.pathname.slice(1)) } });
  let stage: Stage;
  let shop: ScriptedHttp;
  /** Replicas that were written, and when, in milliseconds. */
  const writes = (name: string) =>
    stage.proxy
      .scalings(name)
      .filter(({ status }) => status === 200)
      .map(({ body, at }) => ({ replicas: JSON.parse(body).spec.replicas as number, at }));
  const numbers = (name: string) => writes(name).map(({ replicas }) => replicas);
  const status = async (name: string) => (await workerAutoscaler(stage, name)).status as Status;
  const kubectl = async (...words: string[]) => {
    const { stdout } = await promisify(execFile)(KUBECTL.path ?? "", [
      "--kubeconfig",
      stage.kubeconfigPath(),
      ...words,
    ]);
    return stdout;
  };
  const create = async (name: string, more: object) => {
    await stage.deployment(name);
    const source = { http: { url: `${shop.url}/${name}`, path: "value" } };
    const signal = {
      name: "orders",
      source,
      perReplica: { value: 10 },
      whenMissing: "fallback" in more ? "Fallback" : "Hold",
    };
    await createWorkerAutoscaler(stage, name, { signals: [signal], ...more });
  };
  const fallback = { replicas: 5, approach: "Stepwise", afterSeconds: AFTER_SECONDS };
  let diedAt = 0;

  before(async () => {
    stage = await Stage.open(kind);
    await installWorkerAutoscalers(stage);
    shop = await scriptedHttp(script);
    stage.after(() => shop.close());
    await create("below", { fallback });
    await create("leap", { fallback: { ...fallback, approach: "AtOnce" } });
    await create("steady", {});
    await create("above", { fallback, cooldownSeconds: COOL_DOWN_SECONDS });
    await stage.run().ready();
    await scaledTo(stage, "below", 2);
    await scaledTo(stage, "leap", 1);
    await scaledTo(stage, "steady", 3);
    await scaledTo(stage, "above", 9);
    await shop.close();
    diedAt = performance.now();
  });
  after(() => stage?.close());

  test("when the metric's server dies the number holds until the fallback's time has come", async () => {
    await said(stage, "below", "ScalingActive", "MetricUnreadable", /^orders: Unavailable: /);
    await eventually(async () => {
      const { lastDecision, signals } = await status("below");
      const [step] = lastDecision?.steps.filter(({ rule }) => rule === "fallBack") ?? [];
      assert.match(step?.because ?? "", /^orders cannot be read \(Unavailable: .*\): the fallback/);
      assert.equal(signals?.[0]?.trust, "failing");
      assert.match(signals?.[0]?.lastReadTime ?? "", /^\d{4}-.*Z$/);
    });
    await eventually(async () => assert.ok(numbers("below").length > 1 && numbers("leap").length > 1));
    for (const name of ["below", "leap"]) {
      const first = writes(name)[1];
      assert.ok(first !== undefined && first.at - diedAt > AFTER_SECONDS * 1000 - 2_000, `${name} fell back too soon`);
    }
  });

  test("it goes to the fallback from below and from above, at once or step by step, and never past it", async () => {
    await eventually(async () => assert.deepEqual(numbers("leap"), [1, 5]));
    await eventually(async () => assert.deepEqual(numbers("below"), [2, 3, 4, 5]));
    await eventually(async () => assert.deepEqual(numbers("above"), [9, 8, 7, 6, 5]));
    await pause(COOL_DOWN_SECONDS * 1000 + 2_000);
    assert.deepEqual([numbers("leap").at(-1), numbers("below").at(-1), numbers("above").at(-1)], [5, 5, 5]);
    assert.deepEqual(numbers("steady"), [3], "without a fallback the number holds");
  });

  test("on the way down each step waits for the cool-down, on the way up none does", () => {
    const gaps = (name: string) =>
      writes(name).flatMap(({ at }, index, all) => (index === 0 ? [] : [at - (all[index - 1]?.at ?? 0)]));
    assert.ok(
      gaps("above").every((gap) => gap > COOL_DOWN_SECONDS * 1000 - 500),
      String(gaps("above")),
    );
    assert.ok(
      gaps("below")
        .slice(1)
        .some((gap) => gap < COOL_DOWN_SECONDS * 1000),
      String(gaps("below")),
    );
  });

  test("the status says what was done and why", async () => {
    const { lastScaling, lastScaleTime, observedGeneration, currentReplicas, desiredReplicas } = await eventually(
      async () => {
        const found = await status("below");
        assert.equal(found.lastScaling?.to, 5);
        assert.equal(found.currentReplicas, 5);
        return found;
      },
    );
    assert.deepEqual([lastScaling?.from, currentReplicas, desiredReplicas, observedGeneration], [4, 5, 5, 1]);
    assert.match(
      lastScaling?.reason ?? "",
      /^orders cannot be read .*: the fallback is 5, and one step goes from 4 to 5$/,
    );
    assert.equal(lastScaling?.time, lastScaleTime);
    await eventually(async () => assert.ok((await eventsOf(stage, "below")).includes("Warning MetricUnreadable")));
  });

  test("kubectl shows at a glance what is going on, and with -o wide on what", async () => {
    const [header = "", row = ""] = (await kubectl("get", "wa", "below", "-o", "wide")).split("\n");
    const names = ["NAME", "TARGET", "VALUE", "CURRENT", "DESIRED", "MIN", "MAX", "READY", "REASON", "DECIDED"];
    const wide = ["MODE", "SIGNAL", "TRUST", "DECISION", "LAST SCALE", "AGE"];
    assert.deepEqual(
      header.split(/\s{2,}/).map((name) => name.trim()),
      [...names, ...wide],
    );
    const cells = row.trim().split(/\s+/);
    assert.match(cells[9] ?? "", /^\d+[sm]/);
    assert.deepEqual(cells.filter((_, index) => index !== 9).slice(0, -3), [
      ...["below", "below", "20", "5", "5", "0", "10", "False", "MetricUnreadable"],
      ...["Active", "orders", "failing"],
    ]);
    await eventually(async () => {
      const described = await kubectl("describe", "wa", "below");
      for (const line of [
        /Trust:\s+failing/,
        /Last Read Time:\s+\d{4}-/,
        /Last Scaling:\n\s+From:\s+4\n\s+Reason:\s+orders cannot be read/,
        /Reason:\s+MetricUnreadable/,
        /Normal\s+SuccessfulRescale .*New size: 5, was 4; reason: orders cannot be read/,
      ]) {
        assert.match(described, line);
      }
    });
  });

  test("when the metric is back all goes back to normal", async () => {
    shop = await scriptedHttp(script, undefined, shop.port);
    await scaledTo(stage, "below", 2);
    await scaledTo(stage, "leap", 1);
    await scaledTo(stage, "above", 9);
    await said(stage, "below", "ScalingActive", "ValidMetricFound");
    await eventually(async () => {
      const [signal] = (await status("below")).signals ?? [];
      assert.equal(signal?.trust, "ok");
      assert.equal(signal?.lastReadTime, undefined);
      assert.equal(signal?.message, undefined);
    });
  });
});

type Status = NonNullable<FoundWorkerAutoscaler["status"]>;
