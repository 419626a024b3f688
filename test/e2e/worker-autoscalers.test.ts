import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import {
  changeWorkerAutoscaler,
  createWorkerAutoscaler,
  type FoundSignal,
  installWorkerAutoscalers,
  said,
  workerAutoscaler,
} from "../support/end-to-end/worker-autoscalers.ts";
import { type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SECRETS = "/api/v1/namespaces/default/secrets";
const DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/clerk";
const FIRST = "first-open-sesame";
const SECOND = "second-open-sesame";
const MISPLACED = "misplaced-open-sesame";

for (const kind of CLUSTERS) {
  describe(`WorkerAutoscalers on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    let shop: ScriptedHttp;
    let token = FIRST;
    let orders = 25;
    const put = async (jobs: number) => {
      const ids: string[] = [];
      for (let job = 0; job < jobs; job += 1) ids.push(await queue.put("clerk"));
      return ids;
    };
    const take = async (ids: readonly string[]) => {
      for (const id of ids) await queue.command(`delete ${id}`);
    };
    const signal = async (name: string): Promise<FoundSignal> => {
      const { status } = await workerAutoscaler(stage, "clerk");
      const found = status?.signals?.find((one) => one.name === name);
      assert.ok(found, `signal ${name}`);
      return found;
    };
    const signalIs = (expected: Omit<FoundSignal, "since">) =>
      eventually(async () => {
        const { since, ...found } = await signal(expected.name);
        assert.deepEqual(found, expected);
        assert.match(since, /^\d{4}-.*Z$/);
      });
    const version = async () =>
      ((await stage.objects.get(DEPLOYMENT)) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

    before(async () => {
      stage = await Stage.open(kind);
      await installWorkerAutoscalers(stage);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      shop = await scriptedHttp(({ headers }) =>
        headers.authorization === `Bearer ${token}`
          ? { body: { orders } }
          : { status: 401, body: `not ${headers.authorization}` },
      );
      stage.after(() => shop.close());
      muster = await stage.run().ready();
      await stage.deployment("clerk");
      const http = { url: shop.url, path: "orders", bearerToken: { secretRef: { name: "shop", key: "token" } } };
      const tube = { host: "127.0.0.1", port: beanstalkd.port, tube: "clerk" };
      await createWorkerAutoscaler(stage, "clerk", {
        signals: [
          { name: "queue", source: { beanstalkd: tube }, backlog: { messagesPerReplica: 10 } },
          { name: "orders", source: { http }, perReplica: { value: 10 } },
        ],
      });
    });
    after(() => stage?.close());

    test("a Secret that is missing, and a key that is, are said with the field and the remedy; nobody is asked", async () => {
      const expected = String.raw`^spec\.signals\[1\]\.source\.http\.bearerToken: expected key "token" in Secret "shop", got `;
      const missing = new RegExp(`${expected}no such Secret .*secret-reader\\.yaml`);
      await said(stage, "clerk", "Ready", "SecretMissing", missing);
      await stage.objects.create(SECRETS, { metadata: { name: "shop" }, stringData: { tokken: MISPLACED } });
      await eventually(async () => assert.ok(stage.proxy.watches("secrets").length > 0));
      await said(stage, "clerk", "Ready", "SecretKeyMissing", new RegExp(`${expected}a Secret without it`));
      assert.equal(shop.requests.length, 0);
      assert.equal(await stage.replicas("clerk"), 0);
    });

    test("with the Secret the larger recommendation wins, and the status shows each signal and the decision", async () => {
      await stage.objects.patch(`${SECRETS}/shop`, { stringData: { token: FIRST } });
      await scaledTo(stage, "clerk", 3);
      await signalIs({ name: "orders", trust: "ok", value: 25, recommendedReplicas: 3 });
      await signalIs({ name: "queue", trust: "zero", value: 0, recommendedReplicas: 0 });
      const jobs = await put(45);
      await scaledTo(stage, "clerk", 5);
      await signalIs({ name: "queue", trust: "ok", value: 45, recommendedReplicas: 5 });
      const status = await eventually(async () => {
        const found = (await workerAutoscaler(stage, "clerk")).status;
        assert.equal(found?.currentReplicas, 5);
        assert.equal(found?.lastDecision?.desiredReplicas, 5);
        return found;
      });
      assert.equal(status?.desiredReplicas, 5);
      assert.ok(status?.lastScaleTime);
      const steps = status?.lastDecision?.steps.map(({ rule, because }) => `${rule}: ${because}`);
      assert.deepEqual(steps, [
        "takeLargest: queue: 45 messages at 10 per replica need 5 replicas (the largest of 2 signals)",
      ]);
      await take(jobs);
      await scaledTo(stage, "clerk", 3);
    });

    test("a rotated credential: with the old one nothing is lowered, with the new one all goes on", async () => {
      token = SECOND;
      const jobs = await put(45);
      await scaledTo(stage, "clerk", 5);
      await said(stage, "clerk", "ScalingActive", "MetricUnreadable", /^orders: Unauthorized: /);
      await take(jobs);
      orders = 15;
      await eventually(async () => assert.equal((await signal("queue")).value, 0));
      assert.equal(await stage.replicas("clerk"), 5, "a doubtful signal lowers nothing");
      await stage.objects.patch(`${SECRETS}/shop`, { stringData: { token: SECOND } });
      await scaledTo(stage, "clerk", 2);
      await said(stage, "clerk", "ScalingActive", "ValidMetricFound");
    });

    test("a Secret that is deleted holds the number until it is back", async () => {
      await stage.remove(`${SECRETS}/shop`);
      await said(stage, "clerk", "Ready", "SecretMissing", /bearerToken/);
      orders = 40;
      assert.equal(await stage.replicas("clerk"), 2);
      await stage.objects.create(SECRETS, { metadata: { name: "shop" }, stringData: { token: SECOND } });
      await scaledTo(stage, "clerk", 4);
    });

    test("Paused holds, a dry run writes nothing but its status, Active goes on", async () => {
      await changeWorkerAutoscaler(stage, "clerk", { mode: "Paused" });
      await said(stage, "clerk", "Ready", "Paused");
      const before = await version();
      orders = 68;
      await changeWorkerAutoscaler(stage, "clerk", { mode: "DryRun" });
      await said(stage, "clerk", "Ready", "DryRun");
      await signalIs({ name: "orders", trust: "ok", value: 68, recommendedReplicas: 7 });
      await eventually(async () =>
        assert.equal((await workerAutoscaler(stage, "clerk")).status?.lastDecision?.desiredReplicas, 7),
      );
      assert.equal(await version(), before, "the Deployment was not written");
      await changeWorkerAutoscaler(stage, "clerk", { mode: "Paused", pausedReplicas: 6 });
      await scaledTo(stage, "clerk", 6);
      await changeWorkerAutoscaler(stage, "clerk", { mode: "Active" });
      await scaledTo(stage, "clerk", 7);
      await said(stage, "clerk", "Ready", "ReadyForNewScale");
    });

    test("no credential is in a status, an event, a log line, a metric or a page", async () => {
      const pages = await Promise.all(
        ["/status?format=json", "/status/WorkerAutoscaler/default/clerk", "/metrics"].map((path) => muster.get(path)),
      );
      const events = await stage.objects.get("/api/v1/namespaces/default/events");
      const written = stage.proxy.requests.map(({ path, query, body }) => `${path}?${query} ${body}`);
      const everything = [...pages.map(({ text }) => text), JSON.stringify(events), muster.text, ...written].join("\n");
      assert.match(everything, /Unauthorized/);
      for (const credential of [FIRST, SECOND, MISPLACED]) {
        for (const form of [credential, Buffer.from(credential).toString("base64")]) {
          assert.ok(!everything.includes(form), `${form} is shown`);
        }
      }
      assert.deepEqual(
        muster.lines().filter(({ level }) => level === "error"),
        [],
      );
    });
  });
}
