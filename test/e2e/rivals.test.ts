import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { conditionOf, eventsOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS, REAL_API_SERVER } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { runMuster } from "../support/muster.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const DEPLOYMENT = `${DEPLOYMENTS}/contested`;
const EVENTS = "/api/v1/namespaces/default/events";

interface FoundEvent {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly uid?: string };
}

/** A file whose metric stays above its band: one replica more each second. */
const phpaFile = (port: number) => `version: v1
kind: PHPAConfig
interval: '1'
actionCooldown: '1'
deployment: {name: by-file, namespace: default, minReplicas: '1', maxReplicas: '10', fallbackReplicas: '5'}
metric: {name: lag, metricType: negative, metricThreshold: '100', metricMargin: '10'}
metricServer: {adaptor: graphite, graphite: {host: 127.0.0.1, port: '${port}', query: "target=lag&from=-5min"}}
`;

for (const kind of CLUSTERS) {
  describe(`rivals on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    const folder = mkdtempSync(join(tmpdir(), "muster-e2e-rivals-"));

    before(async () => {
      stage = await Stage.open(kind);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      await stage.pair("contested", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/contested` });
      await installWorkerAutoscalers(stage);
      await stage.deployment("by-signal");
      const floor = { name: "floor", source: { constant: { value: 4 } }, perReplica: { value: 1 } };
      await createWorkerAutoscaler(stage, "by-signal", { signals: [floor] });
      await stage.deployment("by-file", 2);
      const graphite = await scriptedHttp(() => {
        const now = Math.floor(Date.now() / 1000);
        return {
          body: [
            {
              target: "lag",
              datapoints: [
                [150, now - 10],
                [null, now],
              ],
            },
          ],
        };
      });
      stage.after(() => graphite.close());
      stage.after(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, "by-file.yaml"), phpaFile(graphite.port));
      muster = await stage.run(["--phpa-config", folder]).ready();
    });
    after(() => stage?.close());

    test("a manager that sets the replicas three times is named in the condition, an event and muster why", async () => {
      await queue.put("contested");
      for (let time = 1; time <= 3; time += 1) {
        await scaledTo(stage, "contested", 1);
        if (time === 3) await conditionOf(stage, "contested", "Ready", "ReadyForNewScale");
        await stage.objects.patch(`${DEPLOYMENT}?fieldManager=helm`, { spec: { replicas: 4 + time } });
        await scaledTo(stage, "contested", 4 + time);
        // Down from there waits for the cool-down, so the next round begins below.
        await stage.objects.patch(`${DEPLOYMENT}?fieldManager=test`, { spec: { replicas: 0 } });
      }
      const { message } = await conditionOf(stage, "contested", "Ready", "WorkloadHasRival");
      const who = kind === REAL_API_SERVER ? "helm \\(Update\\)" : "a client that the API server does not name";
      const expected = new RegExp(
        `${who}, which set spec.replicas 3 times in .* s \\(last at \\d{4}-.*Z, to 7\\), scales`,
      );
      assert.match(message, expected);
      await eventually(async () => {
        assert.ok((await eventsOf(stage, "contested")).includes("Warning WorkloadHasRival"));
      });
      const { address } = await muster.saying("Started");
      const { stdout } = await runMuster(["why", "default/contested", "--server", String(address)]);
      assert.match(stdout.replace(/\s+/g, " "), expected);
    });

    /** Sets the replicas each time that Muster has raised them above that. */
    async function rewriteAgainAndAgain(name: string, replicas: number, manager: string): Promise<void> {
      const path = `/apis/apps/v1/namespaces/default/deployments/${name}?fieldManager=${manager}`;
      for (let time = 1; time <= 3; time += 1) {
        await eventually(async () => assert.ok((await stage.replicas(name)) > replicas));
        await stage.objects.patch(path, { spec: { replicas } });
      }
    }

    const rivalNamed = (manager: string) => {
      // Times of whole seconds may not tell a manager's second change from its first one.
      const who = kind === REAL_API_SERVER ? `${manager} \\(Update\\).*` : "a client that the API server does not name";
      return new RegExp(`${who}, which set spec.replicas 3 times in .* s \\(last at \\d{4}-.*Z, to 2\\), scales`);
    };

    const why = async (name: string) => {
      const { address } = await muster.saying("Started");
      const { stdout, stderr } = await runMuster(["why", name, "--server", String(address)]);
      return `${stdout}${stderr}`.replace(/\s+/g, " ");
    };

    test("so it is on a WorkerAutoscaler", async () => {
      await rewriteAgainAndAgain("by-signal", 2, "kubectl-client-side-apply");
      const expected = rivalNamed("kubectl-client-side-apply");
      await said(stage, "by-signal", "Ready", "WorkloadHasRival", expected);
      await eventually(async () => {
        assert.ok((await eventsOf(stage, "by-signal")).includes("Warning WorkloadHasRival"));
      });
      assert.match(await why("default/by-signal"), expected);
    });

    test("so it is on a PHPA file, whose event is one of the workload", async () => {
      await rewriteAgainAndAgain("by-file", 2, "kubectl");
      const expected = rivalNamed("kubectl");
      await eventually(async () => {
        const lines = muster.said("Found something wrong").filter(({ reason }) => reason === "WorkloadHasRival");
        assert.ok(
          lines.some(({ id, detail }) => String(id).endsWith("by-file.yaml") && expected.test(String(detail))),
          JSON.stringify(lines),
        );
      });
      assert.match(await why("default/by-file"), expected);
      const { uid } = ((await stage.objects.get(`${DEPLOYMENTS}/by-file`)) as { metadata: { uid: string } }).metadata;
      await eventually(async () => {
        const { items } = (await stage.objects.get(EVENTS)) as { items: readonly FoundEvent[] };
        const found = items.find(
          ({ reason, involvedObject }) => reason === "WorkloadHasRival" && involvedObject.uid === uid,
        );
        assert.equal(found?.involvedObject.kind, "Deployment");
        assert.match(found?.message ?? "", /^.*by-file\.yaml: /);
        assert.match(found?.message ?? "", expected);
      });
    });
  });
}
