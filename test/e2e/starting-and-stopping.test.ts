import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { conditionOf, scaledTo } from "../support/end-to-end/expectations.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { runMuster } from "../support/muster.ts";
import { eventually } from "../support/waiting.ts";

const LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/muster";
const ELECTED = ["--leader-elect", "--lease-namespace", "default"];
/** A few seconds, on a machine that has other things to do. */
const SOON_MS = 10_000;

for (const kind of CLUSTERS) {
  describe(`starting and stopping on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;
    const tube = (name: string) => `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`;
    const holder = async () =>
      ((await stage.objects.get(LEASE)) as { spec: { holderIdentity?: string } }).spec.holderIdentity;

    before(async () => {
      stage = await Stage.open(kind, { crd: false });
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
    });
    afterEach(() => {
      stage.proxy.interfere = () => undefined;
    });
    after(() => stage?.close());

    test("an unreachable cluster is tried again and again, and a missing CRD is waited for", async () => {
      await stage.proxy.close();
      const muster = stage.run();
      await muster.saying("Started");
      const readiness = await muster.get("/readyz");
      assert.equal(readiness.status, 503);
      const { resource, detail } = await muster.saying("These autoscalers cannot be watched");
      assert.match(String(resource), /autoscalers\./);
      assert.match(String(detail), /ECONNREFUSED|refused/);
      await eventually(async () => assert.match((await muster.get("/readyz")).text, /waiting for .*refused/i));
      assert.equal((await muster.get("/healthz")).status, 200);
      await stage.proxy.open();
      await muster.ready();
      await eventually(async () => assert.ok(stage.proxy.watches("workerpodautoscalers").length > 1));
      assert.equal(muster.hasEnded, false);
      const missing = await muster.saying("These autoscalers are not installed yet");
      assert.match(String(missing.detail), /workerpodautoscalers|workerautoscalers/);
      await stage.installCrd();
      await queue.put("patient");
      await stage.pair("patient", { queueURI: tube("patient") });
      await scaledTo(stage, "patient", 1);
      const { status } = await muster.stop();
      assert.equal(status, 0);
    });

    test("a kind of objects that may not be listed is said, and keeps nobody from acting", async () => {
      stage.proxy.interfere = ({ path }) => (path.endsWith("/workerautoscalers") ? { status: 403 } : undefined);
      const muster = stage.run();
      await queue.put("allowed");
      await stage.pair("allowed", { queueURI: tube("allowed") });
      await scaledTo(stage, "allowed", 1);
      const { kind: problem, resource } = await muster.saying("These autoscalers cannot be watched");
      assert.deepEqual([problem, resource], ["Forbidden", "workerautoscalers.muster.dev"]);
      stage.proxy.interfere = () => undefined;
      await muster.stop();
    });

    test("SIGTERM in the middle of a write: the write is finished, reported, the lease given back, exit status 0", async () => {
      await stage.pair("last-write", { queueURI: tube("last-write") });
      const muster = stage.run(ELECTED);
      await conditionOf(stage, "last-write", "ScalingActive", "ValidMetricFound");
      assert.notEqual(await holder(), "");
      const held = gate();
      const arrived = new Promise<void>((resolve) => {
        stage.proxy.interfere = async ({ method, path }) => {
          if (method !== "PATCH" || !path.endsWith("/last-write/scale")) return undefined;
          resolve();
          await held.passed;
          return undefined;
        };
      });
      await queue.put("last-write");
      await arrived;
      const ending = muster.stop();
      await muster.saying("Stopping");
      // What comes now is no longer this process's to do.
      await stage.pair("too-late", { queueURI: tube("too-late"), minReplicas: 1 });
      held.open();
      const { status, milliseconds } = await ending;
      assert.equal(status, 0, muster.text);
      assert.ok(milliseconds < SOON_MS, `${milliseconds} ms`);
      assert.equal(await stage.replicas("last-write"), 1);
      assert.equal((await stage.found("last-write")).status?.lastScaling?.to, 1, "reported before the end");
      assert.equal(await holder(), "");
      assert.equal(stage.proxy.scalings("last-write").length, 1);
      assert.equal(stage.proxy.scalings("too-late").length, 0);
    });

    test("SIGTERM while the API server hangs: the process ends all the same, within seconds", async () => {
      await stage.pair("hung-write", { queueURI: tube("hung-write") });
      const muster = stage.run(ELECTED);
      await conditionOf(stage, "hung-write", "ScalingActive", "ValidMetricFound");
      const arrived = new Promise<void>((resolve) => {
        stage.proxy.interfere = ({ path }) => {
          if (path.endsWith("/hung-write/scale")) resolve();
          return new Promise(() => undefined);
        };
      });
      await queue.put("hung-write");
      await arrived;
      const { status, milliseconds } = await muster.stop();
      assert.equal(status, 0, muster.text);
      assert.ok(milliseconds < 1.5 * SOON_MS, `${milliseconds} ms`);
      assert.ok([0, 1].includes(await stage.replicas("hung-write")), "the whole write or none of it");
    });

    test("a restart remembers the last scaling, and writes nothing where nothing changed", async () => {
      const job = await queue.put("remembered");
      await stage.pair("remembered", { queueURI: tube("remembered") });
      const first = stage.run();
      await scaledTo(stage, "remembered", 1);
      await eventually(async () => assert.ok((await stage.found("remembered")).status?.LastScaleTime));
      await conditionOf(stage, "remembered", "ScalingActive", "ValidMetricFound");
      await first.stop();
      const before = await stage.found("remembered");
      const second = await stage.run().ready();
      await eventually(async () => {
        assert.match((await second.get("/status/WorkerPodAutoScaler/default/remembered")).text, /"decision"/);
      });
      await queue.command(`delete ${job}`);
      // Without the memory an empty tube would send the worker home at once; with it, not before 600 s are over.
      const { message } = await conditionOf(stage, "remembered", "ScalingLimited", "CoolDown");
      assert.match(message, /600 s/);
      assert.equal(await stage.replicas("remembered"), 1);
      const { status } = await stage.found("remembered");
      assert.equal(status?.LastScaleTime, before.status?.LastScaleTime);
      assert.deepEqual(status?.lastScaling, before.status?.lastScaling);
      await second.stop();
    });

    test("a metrics port in use is a clear error and exit status 2", async () => {
      const port = beanstalkd.port;
      const words = ["run", "--kube-config", stage.kubeconfigPath(), "--metrics-port", `127.0.0.1:${port}`];
      const { status, stderr } = await runMuster(words);
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another process listens there`));
      assert.doesNotMatch(stderr, /\n\s+at /);
    });

    test("a kubeconfig that is not there, and a flag that cannot be, are clear errors and exit status 2", async () => {
      const missing = await runMuster(["run", "--kube-config", "/nowhere/kubeconfig", "--metrics-port", "127.0.0.1:0"]);
      assert.equal(missing.status, 2);
      assert.match(missing.stderr, /\/nowhere\/kubeconfig/);
      const unknown = await runMuster(["run", "--queue-services", "sqs,kafka"]);
      assert.equal(unknown.status, 2);
      assert.match(unknown.stderr, /expected --queue-services of .*beanstalkd.*, got kafka/);
    });
  });
}

/** Something to wait for until it is opened. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
