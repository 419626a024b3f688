import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { allScaledTo, conditionOf, eventsOf, quiet, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { type AutoscalerSpec, groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";

const NAMES = Array.from({ length: 50 }, (_, index) => `good-${index}`);

/** What is wrong with an object, the fields that make it so, and what its condition must say. */
const BAD: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ["no target name", { deploymentName: undefined }, /spec: expected deploymentName or replicaSetName, got neither/],
  ["a negative number", { minReplicas: -1 }, /spec\.minReplicas: .*got -1/],
  ["a negative number of seconds", { secondsToProcessOneJob: -0.5 }, /spec\.secondsToProcessOneJob: .*got -0\.5/],
  ["no messages per worker", { targetMessagesPerWorker: 0 }, /spec\.targetMessagesPerWorker: .*got 0/],
  ["a word for a number", { maxReplicas: "many" }, /spec\.maxReplicas: .*got "many"/],
  ["a field left out", { maxReplicas: undefined }, /spec\.maxReplicas: /],
  ...["10.5%", "50 %", "abc", "", "-5"].map(
    (limit) => [`maxDisruption "${limit}"`, { maxDisruption: limit }, /spec\.maxDisruption: /] as const,
  ),
  ["a queueURI of an unknown kind", { queueURI: "kafka://user:secret@host/topic" }, /spec\.queueURI: .*beanstalk/],
  ["no queueURI at all", { queueURI: undefined }, /spec\.queueURI: /],
];

for (const kind of CLUSTERS) {
  describe(`bad objects on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 150_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    const tube = (name: string) => `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`;

    before(async () => {
      stage = await Stage.open(kind, { crd: false });
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      // As in a cluster whose CRD is the original's: whatever is written gets in.
      await stage.installCrd(({ spec }) => {
        const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
        for (const { schema } of spec.versions) schema.openAPIV3Schema.properties.spec = anything;
      });
      for (const name of NAMES) await stage.pair(name, { queueURI: tube(name) });
      muster = await stage.run().ready();
    });
    after(() => stage?.close());

    test("each bad object says what is wrong with it, and none harms another", async () => {
      await Promise.all(
        BAD.map(([, spec], index) =>
          stage.autoscaler(`bad-${index}`, { queueURI: tube("bad"), ...spec } as AutoscalerSpec),
        ),
      );
      for (const name of NAMES) await queue.put(name);
      await allScaledTo(stage, NAMES, 1);
      for (const [index, [what, , message]] of BAD.entries()) {
        assert.match((await conditionOf(stage, `bad-${index}`, "Ready", "InvalidSpec")).message, message, what);
      }
      assert.ok((await eventsOf(stage, "bad-0")).includes("Warning InvalidSpec"));
      assert.doesNotMatch(muster.text, /secret/, "credentials of a queueURI are shown to nobody");
      assert.equal(muster.hasEnded, false);
      assert.deepEqual(
        muster.lines().filter(({ level }) => level === "error"),
        [],
      );
    });

    test("a bad object that is corrected works at once", async () => {
      await stage.deployment("bad-0");
      await queue.put("bad");
      await stage.objects.patch(`${groupPath("default")}/bad-0`, { spec: { deploymentName: "bad-0" } });
      await scaledTo(stage, "bad-0", 1);
      await conditionOf(stage, "bad-0", "Ready", "ReadyForNewScale");
    });

    test("a good object that becomes bad is left alone until it is good again", async () => {
      const path = `${groupPath("default")}/good-0`;
      await stage.objects.patch(path, { spec: { maxReplicas: -3 } });
      await conditionOf(stage, "good-0", "Ready", "InvalidSpec");
      assert.equal(await stage.replicas("good-0"), 1);
      await stage.objects.patch(path, { spec: { maxReplicas: 10 } });
      await conditionOf(stage, "good-0", "Ready", "ReadyForNewScale");
    });

    test("the source of the annotation for busy workers waits for its Secret, and says so", async () => {
      await queue.put("careful");
      await stage.pair("careful", { queueURI: tube("careful") });
      await scaledTo(stage, "careful", 1);
      const annotation =
        "{source: {redis: {host: redis, structure: stream, key: jobs, group: g, password: {secretRef: {name: redis, key: password}}}}}";
      const path = `${groupPath("default")}/careful`;
      await stage.objects.patch(path, { metadata: { annotations: { "muster.dev/busy-workers": annotation } } });
      const { message } = await conditionOf(stage, "careful", "Ready", "SecretMissing");
      assert.match(message, /busy-workers\.source\.redis\.password: expected key "password" in Secret "redis"/);
      const secret = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "redis" },
        data: { password: "aHVudGVyMg==" },
      };
      await stage.objects.create("/api/v1/namespaces/default/secrets", secret);
      await conditionOf(stage, "careful", "Ready", "ReadyForNewScale");
      assert.ok(!muster.text.includes("hunter2"), "the password is in no line of the log");
    });

    test("an unknown field is said with the name that was meant, and the object works", async () => {
      await queue.put("misspelt");
      await stage.pair("misspelt", { queueURI: tube("misspelt"), maxReplica: 5 });
      await scaledTo(stage, "misspelt", 1);
      const { message } = await conditionOf(stage, "misspelt", "Ready", "AcceptedWithWarnings");
      assert.match(message, /spec\.maxReplica\b.*maxReplicas/);
    });
  });
}

for (const kind of CLUSTERS) {
  describe(`the original's CRD on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 150_000 }, () => {
    let stage: Stage;
    after(() => stage?.close());

    test("where the CRD drops every status, workloads are scaled and no status is written for ever", async () => {
      stage = await Stage.open(kind, { crd: false });
      await stage.installCrd(({ spec }) => {
        for (const { schema } of spec.versions) delete schema.openAPIV3Schema.properties.status;
      });
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      const queueURI = `beanstalk://127.0.0.1:${beanstalkd.port}/forgotten`;
      await stage.pair("forgotten", { queueURI, minReplicas: 1 });
      const muster = await stage.run().ready();
      await scaledTo(stage, "forgotten", 1);
      for (let job = 0; job < 20; job += 1) await queue.put("forgotten");
      await scaledTo(stage, "forgotten", 2);
      await quiet(stage, 3_000);
      assert.equal((await stage.found("forgotten")).status, undefined);
      const writes = stage.proxy.statuses("forgotten").length;
      assert.ok(writes > 0 && writes < 15, `${writes} writes`);
      assert.equal((await muster.stop()).status, 0);
    });
  });
}
