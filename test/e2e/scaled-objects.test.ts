import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import {
  authenticationPath,
  createAuthentication,
  createScaledObject,
  installKedaKinds,
  scaledObject,
  scaledObjectPath,
  scaledObjectSays,
} from "../support/end-to-end/scaled-objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { runMuster } from "../support/muster.ts";
import { type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SECRETS = "/api/v1/namespaces/default/secrets";
const HPAS = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const TOKEN = "keda-open-sesame";

for (const kind of CLUSTERS) {
  describe(`KEDA's ScaledObjects on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 300_000 }, () => {
    let stage: Stage;
    let queue: BeanstalkdClient;
    let tube: (name: string, more?: object) => object;
    let metrics: ScriptedHttp;
    let muster: MusterProcess;

    before(async () => {
      stage = await Stage.open(kind);
      await installKedaKinds(stage);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      tube = (name, more = {}) => ({
        triggers: [
          { type: "beanstalkd", metadata: { server: `127.0.0.1:${beanstalkd.port}`, tube: name, value: "2" } },
        ],
        ...more,
      });
      metrics = await scriptedHttp(({ headers }) =>
        headers.authorization === `Bearer ${TOKEN}` ? { body: { size: 7 } } : { status: 401, body: "who are you?" },
      );
      stage.after(() => metrics.close());
      muster = await stage.run(["--keda"]).ready();
    });
    after(() => stage?.close());

    test("a ScaledObject scales its Deployment from zero, and back to zero, with a status in KEDA's words", async () => {
      await stage.deployment("mailer");
      await createScaledObject(stage, "mailer", tube("mailer"));
      await scaledObjectSays(stage, "mailer", "Active", { status: "False", reason: "ScalerNotActive" });
      const jobs: string[] = [];
      for (let job = 0; job < 9; job += 1) jobs.push(await queue.put("mailer"));
      await scaledTo(stage, "mailer", 5);
      await scaledObjectSays(stage, "mailer", "Ready", { status: "True", reason: "ScaledObjectReady" });
      await scaledObjectSays(stage, "mailer", "Active", { status: "True", reason: "ScalerActive" });
      await scaledObjectSays(stage, "mailer", "Fallback", { status: "False", reason: "NoFallbackFound" });
      await scaledObjectSays(stage, "mailer", "Paused", { status: "False", reason: "ScaledObjectUnpaused" });
      const { status } = await scaledObject(stage, "mailer");
      assert.equal(status?.scaleTargetKind, "apps/v1.Deployment");
      assert.deepEqual(status?.externalMetricNames, ["s0-beanstalkd-mailer"]);
      assert.equal(status?.triggersTypes, "beanstalkd");
      assert.match(status?.lastActiveTime ?? "", /^\d{4}-.*Z$/);
      const { address } = await muster.saying("Started");
      const why = await runMuster(["why", "default/mailer", "--server", String(address)]);
      assert.match(
        why.stdout,
        /^ScaledObject\/default\/mailer\n\n\d replicas, and 5 are (right|wanted) \(bounds 0 to 100\)$/m,
      );
      assert.match(why.stdout, /9 at 2 per replica need 5 replicas/);
      for (const job of jobs) await queue.command(`delete ${job}`);
      await scaledTo(stage, "mailer", 0);
      await scaledObjectSays(stage, "mailer", "Active", { status: "False", reason: "ScalerNotActive" });
    });

    test("a TriggerAuthentication's Secret is used, and used again when either of them changes", async () => {
      await stage.deployment("clerk");
      await createScaledObject(stage, "clerk", {
        triggers: [
          {
            type: "metrics-api",
            metadata: { url: metrics.url, valueLocation: "size", targetValue: "2", authMode: "bearer" },
            authenticationRef: { name: "login" },
          },
        ],
      });
      await scaledObjectSays(stage, "clerk", "Ready", { status: "False", reason: "InvalidSpec", message: /login/ });
      await createAuthentication(stage, "login", {
        secretTargetRef: [{ parameter: "token", name: "login", key: "token" }],
      });
      await scaledObjectSays(stage, "clerk", "Ready", { status: "False", reason: "SecretMissing", message: /login/ });
      const secret = (token: string) => ({
        stringData: { token },
        data: { token: Buffer.from(token).toString("base64") },
      });
      await stage.objects.create(SECRETS, {
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "login" } },
        data: secret("not-it").data,
      });
      await scaledObjectSays(stage, "clerk", "Ready", {
        status: "False",
        reason: "MetricUnreadable",
        message: /Unauthorized/,
      });
      await stage.objects.patch(`${SECRETS}/login`, { data: secret(TOKEN).data });
      await scaledTo(stage, "clerk", 4);
      const { status } = await scaledObject(stage, "clerk");
      assert.equal(status?.authenticationsTypes, "login");
      assert.ok(!muster.text.includes(TOKEN), "the token is in no line of the log");
    });

    test("a variable of the workload is a credential, and another one when the workload or a ConfigMap changes", async () => {
      await stage.deployment("reader");
      const setVariable = (variable: object) =>
        stage.objects.patch("/apis/apps/v1/namespaces/default/deployments/reader", {
          spec: {
            template: { spec: { containers: [{ name: "c", image: "i", env: [{ name: "TOKEN", ...variable }] }] } },
          },
        });
      await setVariable({ value: "not-it" });
      await createAuthentication(stage, "reader", { env: [{ parameter: "token", name: "TOKEN" }] });
      await createScaledObject(stage, "reader", {
        triggers: [
          {
            type: "metrics-api",
            metadata: { url: metrics.url, valueLocation: "size", targetValue: "2", authMode: "bearer" },
            authenticationRef: { name: "reader" },
          },
        ],
      });
      const isRefused = { status: "False", reason: "MetricUnreadable", message: /Unauthorized/ } as const;
      await scaledObjectSays(stage, "reader", "Ready", isRefused);
      const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
      await stage.objects.create(CONFIG_MAPS, {
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "reader" } },
        data: { token: "not-it" },
      });
      await setVariable({ valueFrom: { configMapKeyRef: { name: "reader", key: "token" } } });
      await stage.objects.patch(`${CONFIG_MAPS}/reader`, { data: { token: TOKEN } });
      await scaledTo(stage, "reader", 4);
      assert.ok(!muster.text.includes(TOKEN), "the token is in no line of the log");
    });

    test("a trigger that is not understood refuses the object, says which, and leaves the workload alone", async () => {
      await stage.deployment("cpu", 3);
      const more = {
        triggers: [...(tube("cpu") as { triggers: object[] }).triggers, { type: "cpu", metadata: { value: "50" } }],
      };
      await createScaledObject(stage, "cpu", more);
      await scaledObjectSays(stage, "cpu", "Ready", {
        status: "False",
        reason: "InvalidSpec",
        message: /spec\.triggers\[1\]\.type/,
      });
      assert.equal(await stage.replicas("cpu"), 3);
    });

    test("an annotation pauses it at a number, and taking it away goes on", async () => {
      await stage.deployment("paused", 1);
      await createScaledObject(stage, "paused", tube("paused"), { "autoscaling.keda.sh/paused-replicas": "2" });
      await scaledTo(stage, "paused", 2);
      await scaledObjectSays(stage, "paused", "Paused", { status: "True", reason: "ScaledObjectPaused" });
      await stage.objects.patch(scaledObjectPath("paused"), {
        metadata: { annotations: { "autoscaling.keda.sh/paused-replicas": null } },
      });
      await scaledTo(stage, "paused", 0);
      await scaledObjectSays(stage, "paused", "Paused", { status: "False", reason: "ScaledObjectUnpaused" });
    });

    test("deleted objects with KEDA's finalizer go away, as KEDA's operator would let them", async () => {
      await stage.deployment("gone", 1);
      await createScaledObject(stage, "gone", tube("gone", { minReplicaCount: 1 }));
      await createAuthentication(stage, "gone", { secretTargetRef: [] });
      await scaledObjectSays(stage, "gone", "Ready", { status: "True", reason: "ScaledObjectReady" });
      for (const path of [scaledObjectPath("gone"), authenticationPath("gone")]) {
        await stage.remove(path);
        await eventually(async () => assert.equal(await stage.objects.get(path).catch(() => "gone"), "gone"));
      }
      assert.equal(await stage.replicas("gone"), 1);
    });

    test("an HPA that KEDA left behind is told, and deleted by a take-over if its object is scaled here", async () => {
      const left = async (name: string, more: object) => {
        await stage.deployment(name, 1);
        await createScaledObject(stage, name, more);
        const { metadata } = (await stage.objects.get(scaledObjectPath(name))) as { metadata: { uid: string } };
        const owner = {
          apiVersion: "keda.sh/v1alpha1",
          kind: "ScaledObject",
          name,
          uid: metadata.uid,
          controller: true,
        };
        await createHpa(`keda-hpa-${name}`, name, [owner]);
      };
      const createHpa = (name: string, target: string, ownerReferences: readonly object[] = []) =>
        stage.objects.create(HPAS, {
          metadata: { name, ownerReferences },
          spec: { maxReplicas: 9, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target } },
        });
      await left("taken", tube("taken", { minReplicaCount: 1 }));
      await left("refused", { triggers: [{ type: "no-such-trigger", metadata: {} }] });
      await createHpa("keda-hpa-of-nobody", "elsewhere");
      await scaledObjectSays(stage, "taken", "Ready", {
        status: "False",
        reason: "WorkloadHasRival",
        message: /default\/keda-hpa-taken scales the workload too, .*KEDA's operator left it behind.*--keda-take-over/,
      });
      await muster.stop();
      const dry = await stage.run(["--keda", "--keda-take-over", "--dry-run"]).ready();
      await dry.saying("Acting");
      await dry.stop();
      assert.equal((await hpas()).length, 3);
      muster = await stage.run(["--keda", "--keda-take-over"]).ready();
      await muster.saying("Deleted an HPA that KEDA left behind");
      await scaledObjectSays(stage, "taken", "Ready", { status: "True", reason: "ScaledObjectReady" });
      assert.deepEqual(await hpas(), ["keda-hpa-of-nobody", "keda-hpa-refused"]);
    });

    async function hpas(): Promise<readonly string[]> {
      const { items } = (await stage.objects.get(HPAS)) as { items: readonly { metadata: { name: string } }[] };
      return items.map(({ metadata }) => metadata.name).sort();
    }
  });
}
