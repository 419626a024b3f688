import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../../test/support/eventually.ts";
import { openSandbox } from "./support/sandbox.ts";

const PATH = "/apis/batch/v1/namespaces/default/jobs";
const POD = { restartPolicy: "Never", containers: [{ name: "worker", image: "worker:1" }] };

const job = (name: string, spec: object = {}) => ({
  ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name } },
  spec: { template: { spec: POD }, ...spec },
});

/** A process that ends by itself with this status. */
const ending = (code: number) => ({
  ended: Promise.resolve(code),
  stop: () => Promise.resolve(),
  kill: () => Promise.resolve(),
});

test("a Job whose pod ends well is complete, and its pods go with it", async (context) => {
  const { sandbox, api } = await openSandbox(context, { pods: { startSeconds: 0, run: () => ending(0) } });
  await api.post(PATH, job("good"));
  const status = async () => (await api.get(`${PATH}/good`)).body.status;
  await eventually(async () => (await status()).succeeded === 1, "the Job succeeded");
  const { conditions, completionTime, active } = await status();
  assert.deepEqual([conditions[0].type, conditions[0].status, active], ["Complete", "True", undefined]);
  assert.match(completionTime, /^\d{4}-/);
  const [pod] = sandbox.store.list("pods");
  assert.equal((pod?.status as { phase?: string } | undefined)?.phase, "Succeeded");
  assert.deepEqual(
    pod?.metadata.ownerReferences?.map(({ apiVersion, kind }) => [apiVersion, kind]),
    [["batch/v1", "Job"]],
  );
  await api.delete(`${PATH}/good`);
  await eventually(() => sandbox.store.count("pods") === 0, "no pod is left");
});

test("a Job whose pods fail is tried again up to its backoffLimit, and has failed then", async (context) => {
  const { sandbox, api } = await openSandbox(context, { pods: { startSeconds: 0, run: () => ending(1) } });
  await api.post(PATH, job("bad", { backoffLimit: 2 }));
  const status = async () => (await api.get(`${PATH}/bad`)).body.status;
  await eventually(async () => (await status()).conditions?.[0]?.type === "Failed", "the Job has failed");
  assert.equal((await status()).failed, 3);
  assert.equal(sandbox.store.count("pods"), 3);
});

test("a suspended Job has no pods until it goes on, and a Job that would restart its pods is refused", async (context) => {
  const { sandbox, api } = await openSandbox(context, { pods: { startSeconds: 0 } });
  await api.post(PATH, job("held", { suspend: true }));
  await eventually(async () => (await api.get(`${PATH}/held`)).body.status.startTime !== undefined, "a status");
  assert.equal(sandbox.store.count("pods"), 0);
  await api.merge(`${PATH}/held`, { spec: { suspend: false } });
  await eventually(async () => (await api.get(`${PATH}/held`)).body.status.ready === 1, "a ready pod");
  const always = job("always", { template: { spec: { ...POD, restartPolicy: "Always" } } });
  assert.equal((await api.post(PATH, always)).status, 422);
});
