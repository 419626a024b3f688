import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { jobTermsOf } from "../../src/formats/job-template.ts";
import { ClusterJobs } from "../../src/kubernetes/jobs/cluster-jobs.ts";
import { KubernetesError, type WorkloadState } from "../../src/kubernetes/ports.ts";
import type { ApiCall, ApiClient } from "../../src/kubernetes/transport/api-client.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { JobKubelet, type PodWork } from "../support/job-kubelet.ts";
import { eventually } from "../support/waiting.ts";

const SIGNAL = new AbortController().signal;
const OWNERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";
const POD = {
  terminationGracePeriodSeconds: 0,
  restartPolicy: "Never",
  containers: [{ name: "worker", image: "worker:1" }],
};

interface JobObject {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
}

/** What one process sees of one autoscaler's Jobs. */
interface Process {
  readonly jobs: ClusterJobs;
  readonly target: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  state(): WorkloadState & { state: "present" };
  raise(to: number): Promise<void>;
}

describe("Jobs of a WorkerAutoscaler, on a real API server with the Job controller", {
  skip: controlPlaneSkip(),
  timeout: 200_000,
}, () => {
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;
  const open: ClusterJobs[] = [];
  const kubelets: JobKubelet[] = [];

  before(async () => {
    plane = await startControlPlane({ controllerManager: true });
    client = await clusterClient(plane);
    objects = objectsOf(client);
    const crd = parse(readFileSync("deploy/crds/muster.dev_workerautoscalers.yaml", "utf8"));
    await objects.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd);
    await eventually(() => objects.get(OWNERS));
  });
  after(async () => {
    for (const jobs of open) jobs.close();
    for (const kubelet of kubelets) await kubelet.stop();
    await client?.close();
    await plane?.stop();
  });

  async function autoscaler(name: string, jobs: object = {}, spec: object = {}): Promise<void> {
    const jobTemplate = { spec: { backoffLimit: 0, template: { spec: POD }, ...spec } };
    const signals = [{ name: "queue", source: { constant: { value: 0 } } }];
    await objects.create(OWNERS, {
      ...{ apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name } },
      spec: { maxReplicas: 50, signals, jobTemplate, jobs },
    });
  }

  function processFor(name: string, { through = client as ApiClient, now = Date.now } = {}): Process {
    const jobs = new ClusterJobs({ client: through, termsOf: jobTermsOf, now });
    open.push(jobs);
    const target = { apiVersion: "batch/v1", kind: "Job", namespace: "default", name };
    let known: WorkloadState | undefined;
    jobs.follow(target, (state) => {
      known = state;
    });
    const state = () => {
      assert.equal(known?.state, "present", JSON.stringify(known));
      return known as WorkloadState & { state: "present" };
    };
    const raise = async (to: number) => jobs.scale(target, { from: state().replicas, to }, SIGNAL);
    return { jobs, target, state, raise };
  }

  function kubeletFor(name: string, work: PodWork): JobKubelet {
    const kubelet = new JobKubelet(client, name, work);
    kubelets.push(kubelet);
    return kubelet;
  }

  async function jobsOf(name: string): Promise<readonly JobObject[]> {
    const query = new URLSearchParams({ labelSelector: `muster.dev/worker-autoscaler=${name}` });
    const { items } = (await objects.get(`${JOBS}?${query}`)) as { items: JobObject[] };
    return items;
  }

  const seen = (one: Process, replicas: number) => eventually(async () => assert.equal(one.state().replicas, replicas));

  test("a rise creates Jobs of the template, a fall deletes none, and a Job that ends counts no longer", async () => {
    await autoscaler("mailer");
    const one = processFor("mailer");
    await seen(one, 0);
    await one.raise(3);
    assert.equal(one.state().replicas, 3, "at once, whatever the watch has shown");
    const made = await jobsOf("mailer");
    assert.deepEqual(made.map(({ metadata }) => metadata.name.replace(/-[0-9a-f]{8}-/, "-UID-")).sort(), [
      "mailer-UID-1",
      "mailer-UID-2",
      "mailer-UID-3",
    ]);
    for (const { metadata } of made) {
      assert.deepEqual(
        metadata.ownerReferences.map(({ kind, name }) => [kind, name]),
        [["WorkerAutoscaler", "mailer"]],
      );
    }
    await one.jobs.scale(one.target, { from: 3, to: 1 }, SIGNAL);
    assert.equal((await jobsOf("mailer")).length, 3);
    let ends: (code: number) => void = () => undefined;
    const ended = new Promise<number>((resolve) => {
      ends = resolve;
    });
    kubeletFor("mailer", () => ended);
    await eventually(async () => assert.equal(one.state().availableReplicas, 3));
    ends(0);
    await seen(one, 0);
    assert.ok(one.state().jobs?.jobs.every(({ createdAt, endedAt = 0 }) => createdAt <= endedAt));
  });

  test("another process goes on where the first one stopped, and what the first has in flight is not created twice", async () => {
    await autoscaler("handover");
    const late: (() => void)[] = [];
    let isPrompt = false;
    // The first process's creations reach the server when another one acts already; it never hears of them.
    const through: ApiClient = {
      ...{ features: client.features, watch: client.watch.bind(client), close: () => Promise.resolve() },
      call: async (call: ApiCall, signal: AbortSignal) => {
        if (call.method !== "POST" || isPrompt) return client.call(call, signal);
        await new Promise<void>((resolve) => late.push(resolve));
        return client.call(call, signal);
      },
    };
    const first = processFor("handover", { through });
    await seen(first, 0);
    const begun = first.raise(4);
    begun.catch(() => undefined);
    await eventually(async () => assert.equal(late.length, 4));
    const second = processFor("handover");
    await seen(second, 0);
    await second.raise(6);
    isPrompt = true;
    for (const release of late) release();
    await begun;
    assert.equal((await jobsOf("handover")).length, 6);
    await seen(first, 6);
    // And the first one notices that the number was claimed by another.
    await first.raise(8);
    assert.equal((await jobsOf("handover")).length, 8);
  });

  test("answers that are lost, before or after the server acted, create no duplicate and lose no Job", async () => {
    await autoscaler("faulty");
    let calls = 0;
    const through: ApiClient = {
      ...{ features: client.features, watch: client.watch.bind(client), close: () => Promise.resolve() },
      call: async (call: ApiCall, signal: AbortSignal) => {
        calls += 1;
        const fault = call.method === "GET" ? 0 : calls % 5;
        const lost = new KubernetesError("Unavailable", "socket hang up");
        if (fault === 1) throw lost;
        const answer = await client.call(call, signal);
        if (fault === 2) throw lost;
        return answer;
      },
    };
    let most = 0;
    let one = processFor("faulty", { through });
    await seen(one, 0);
    for (let attempt = 1; attempt < 60; attempt += 1) {
      try {
        await one.raise(30);
        break;
      } catch (error) {
        assert.ok(error instanceof KubernetesError, String(error));
      }
      most = Math.max(most, (await jobsOf("faulty")).length);
      // Every third time, another process acts on.
      if (attempt % 3 !== 0) continue;
      one = processFor("faulty", { through });
      await eventually(async () => one.state());
    }
    most = Math.max(most, (await jobsOf("faulty")).length);
    assert.equal(most, 30);
  });

  test("a quota limits the number of Jobs, is reported, and the same names are used once it allows more", async () => {
    await autoscaler("limited");
    const quotas = "/api/v1/namespaces/default/resourcequotas";
    const others = ((await objects.get(JOBS)) as { items: unknown[] }).items.length;
    const hard = (jobs: number) => ({ spec: { hard: { "count/jobs.batch": String(others + jobs) } } });
    await objects.create(quotas, { metadata: { name: "few" }, ...hard(2) });
    await eventually(async () => {
      const { status } = (await objects.get(`${quotas}/few`)) as { status?: { used?: Record<string, string> } };
      assert.equal(status?.used?.["count/jobs.batch"], String(others));
    });
    const one = processFor("limited");
    await seen(one, 0);
    await assert.rejects(one.raise(5), (error: KubernetesError) => {
      assert.equal(error.kind, "Forbidden");
      assert.match(error.message, /exceeded quota: few/);
      return true;
    });
    await seen(one, 2);
    await objects.patch(`${quotas}/few`, hard(50));
    await eventually(() => one.raise(5));
    const numbers = (await jobsOf("limited")).map(({ metadata }) => Number(metadata.name.split("-").at(-1)));
    assert.deepEqual(numbers.sort(), [1, 2, 3, 4, 5]);
  });

  test("Jobs that fail at once make the next ones wait, and after ten none is created until the spec changes", async () => {
    await autoscaler("broken");
    let ahead = 0;
    const one = processFor("broken", { now: () => Date.now() + ahead });
    await seen(one, 0);
    const kubelet = kubeletFor("broken", async () => 1);
    const refusals: string[] = [];
    for (let attempt = 0; attempt < 40 && kubelet.started < 10; attempt += 1) {
      await one.raise(3).catch((error: KubernetesError) => {
        assert.equal(error.kind, "JobsFailing", error.message);
        refusals.push(error.message);
      });
      await seen(one, 0);
      ahead += 20_000;
    }
    ahead += 60_000;
    await assert.rejects(one.raise(3), /JobsFailing|the last 10 Jobs failed at once/);
    assert.match(
      refusals[0] ?? "",
      /the last \d Jobs failed at once \(broken-.*BackoffLimitExceeded.*none is created before/,
    );
    assert.equal((await jobsOf("broken")).length, 10);
    // A process that starts now knows it too.
    const other = processFor("broken", { now: () => Date.now() + ahead });
    await seen(other, 0);
    await assert.rejects(other.raise(3), /the last 10 Jobs failed at once/);
    // When the time is over, one is tried.
    ahead += 600_000;
    await assert.rejects(one.raise(3), /1 of 3 are created to try/);
    await seen(one, 0);
    assert.equal((await jobsOf("broken")).length, 11);
    // In a spec that changed.
    await objects.patch(`${OWNERS}/broken`, { spec: { jobTemplate: { spec: { backoffLimit: 1 } } } });
    await one.raise(3);
    assert.equal(one.state().replicas, 3);
  });

  test("suspended Jobs count, like all that are pending", async () => {
    await autoscaler("waiting", {}, { suspend: true });
    const one = processFor("waiting");
    await seen(one, 0);
    await one.raise(4);
    await one.jobs.scale(one.target, { from: 4, to: 5 }, SIGNAL);
    assert.equal(one.state().replicas, 5);
  });

  test("Jobs that ended are removed by the history limits and by their time to live, and no sooner than settled", async () => {
    await autoscaler("tidy", { successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 });
    let ahead = 0;
    const now = () => Date.now() + ahead;
    const one = processFor("tidy", { now });
    await seen(one, 0);
    let ran = 0;
    kubeletFor("tidy", async () => {
      ran += 1;
      return ran <= 5 ? 0 : 1;
    });
    await one.raise(5);
    await seen(one, 0);
    await one.raise(2);
    await seen(one, 0);
    assert.equal((await jobsOf("tidy")).length, 7, "none is removed while a lost request to create it may still come");
    ahead = 70_000;
    await eventually(async () => assert.equal((await jobsOf("tidy")).length, 3));
    const spec = { jobTemplate: { spec: { ttlSecondsAfterFinished: 300 } } };
    await objects.patch(`${OWNERS}/tidy`, { spec });
    ahead = 500_000;
    // A follower more, so that it looks at once.
    one.jobs.follow(one.target, () => undefined);
    await eventually(async () => assert.equal((await jobsOf("tidy")).length, 0));
    assert.equal(one.state().replicas, 0);
  });

  test("Jobs go with their WorkerAutoscaler, and one of the same name begins with names of its own", async () => {
    await autoscaler("again", {}, { suspend: true });
    const one = processFor("again");
    await seen(one, 0);
    await one.raise(2);
    const [before] = await jobsOf("again");
    await client.call({ method: "DELETE", path: `${OWNERS}/again`, what: "test DELETE", lane: "write" }, SIGNAL);
    await seen(one, 0);
    await autoscaler("again", {}, { suspend: true });
    await one.raise(1);
    const [now] = await jobsOf("again");
    assert.notEqual(now?.metadata.name, before?.metadata.name);
    assert.match(now?.metadata.name ?? "", /-1$/);
  });
});
