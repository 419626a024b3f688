import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { atEnd } from "../support/at-end.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_CONTROL_PLANE } from "../support/end-to-end/test-cluster.ts";
import { changeWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { JobKubelet, type PodWork } from "../support/job-kubelet.ts";
import { eventually } from "../support/waiting.ts";

const AUTOSCALERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";
const QUOTAS = "/api/v1/namespaces/default/resourcequotas";
const POD = {
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 0,
  containers: [{ name: "worker", image: "worker:1" }],
};
/** Messages that wait all the while, at one for each Job. */
const WAITING = 5;
/** A handful of polls, at one a second. */
const POLLS_MS = 5_000;
const PATIENT = { patienceMs: 60_000 };

interface JobObject {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly suspend?: boolean; readonly ttlSecondsAfterFinished?: number };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] };
}

/** A whole program on a real API server with the Job controller, and autoscalers whose queues never change. */
class Playground {
  readonly stage: Stage;

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  static async open(context: TestContext): Promise<Playground> {
    const stage = await Stage.open(REAL_CONTROL_PLANE);
    atEnd(context, () => stage.close());
    await installWorkerAutoscalers(stage);
    stage.run();
    return new Playground(stage);
  }

  async autoscaler(name: string, { jobs = {}, job = {}, labels = {}, signal = {} } = {}): Promise<void> {
    await this.stage.objects.create(AUTOSCALERS, {
      apiVersion: "muster.dev/v1alpha1",
      kind: "WorkerAutoscaler",
      metadata: { name },
      spec: {
        jobTemplate: { metadata: { labels }, spec: { backoffLimit: 0, template: { spec: POD }, ...job } },
        jobs,
        maxReplicas: 50,
        pollIntervalSeconds: 1,
        signals: [{ name: "queue", source: { constant: { value: WAITING } }, ...signal }],
      },
    });
  }

  kubelet(context: TestContext, name: string, work: PodWork): JobKubelet {
    const kubelet = new JobKubelet(this.stage.client, name, work);
    atEnd(context, () => kubelet.stop());
    return kubelet;
  }

  async jobs(name: string): Promise<readonly JobObject[]> {
    const query = new URLSearchParams({ labelSelector: `muster.dev/worker-autoscaler=${name}` });
    const { items } = (await this.stage.objects.get(`${JOBS}?${query}`)) as { items: JobObject[] };
    return items;
  }

  /** Waits for so many Jobs, and that after some polls there are no more. */
  async staysAt(name: string, count: number): Promise<void> {
    await eventually(async () => assert.equal((await this.jobs(name)).length, count), PATIENT);
    await pause(POLLS_MS);
    assert.equal((await this.jobs(name)).length, count, `${name}: Jobs that are pending multiply`);
  }

  async waitFor(name: string, seen: (jobs: readonly JobObject[]) => void): Promise<void> {
    await eventually(async () => seen(await this.jobs(name)), PATIENT);
  }
}

const terms = { skip: REAL_CONTROL_PLANE.skip, timeout: 300_000 };

test(
  "Jobs whose image cannot be pulled count as pending and do not multiply, by no strategy",
  terms,
  async (context) => {
    const ground = await Playground.open(context);
    const strategies = ["Default", "Accurate"];
    const kubelets = strategies.map((strategy) => {
      const kubelet = ground.kubelet(context, strategy.toLowerCase(), () => new Promise(() => undefined));
      kubelet.pullsFail = true;
      return kubelet;
    });
    for (const strategy of strategies) await ground.autoscaler(strategy.toLowerCase(), { jobs: { strategy } });
    for (const strategy of strategies) await ground.staysAt(strategy.toLowerCase(), WAITING);
    // With their image they begin, and by Accurate the messages that still wait need Jobs of their own.
    kubelets[1]?.recover();
    await ground.waitFor("accurate", (jobs) => assert.ok(jobs.length >= 2 * WAITING, `${jobs.length} Jobs`));
    assert.equal((await ground.jobs("default")).length, WAITING);
  },
);

test("Jobs that Kueue holds back by spec.suspend count as pending and do not multiply", terms, async (context) => {
  const ground = await Playground.open(context);
  const labels = { "kueue.x-k8s.io/queue-name": "media" };
  await ground.autoscaler("held", { jobs: { strategy: "Accurate" }, job: { suspend: true }, labels });
  await ground.staysAt("held", WAITING);
  const [job] = await ground.jobs("held");
  assert.equal(job?.metadata.labels["kueue.x-k8s.io/queue-name"], "media");
  // Before 1.21 a Job knows no suspend, and its pods are pending.
  if (job.spec.suspend === undefined) return;
  const working = ground.kubelet(context, "held", () => new Promise(() => undefined));
  for (const { metadata } of await ground.jobs("held")) {
    await ground.stage.objects.patch(`${JOBS}/${metadata.name}`, { spec: { suspend: false } });
  }
  await eventually(async () => assert.ok(working.started >= WAITING), PATIENT);
  await ground.waitFor("held", (jobs) => assert.ok(jobs.length > WAITING, "admitted, they run"));
});

test("a deadline ends Jobs, which are replaced and counted as failures that happen at once", terms, async (context) => {
  const ground = await Playground.open(context);
  ground.kubelet(context, "overdue", () => new Promise(() => undefined));
  await ground.autoscaler("overdue", { job: { activeDeadlineSeconds: 2 } });
  await ground.waitFor("overdue", (jobs) => {
    const overdue = jobs.filter(({ status }) =>
      status?.conditions?.some(({ reason }) => reason === "DeadlineExceeded"),
    );
    assert.ok(overdue.length >= WAITING, `${overdue.length} overdue`);
  });
  await said(
    ground.stage,
    "overdue",
    "Ready",
    "FailedUpdateScale",
    /\(JobsFailing\): the last \d+ Jobs failed at once \(overdue-.*DeadlineExceeded/,
  );
});

test("a template that fails at once stops after ten Jobs and says so, until it changes", terms, async (context) => {
  const ground = await Playground.open(context);
  ground.kubelet(context, "broken", async () => 1);
  await ground.autoscaler("broken");
  const message =
    /the last 10 Jobs failed at once \(broken-[^)]*BackoffLimitExceeded[^)]*\): none is created before .*, then one to try, or when the spec changes/;
  await eventually(() => said(ground.stage, "broken", "Ready", "FailedUpdateScale", message), { patienceMs: 240_000 });
  await ground.staysAt("broken", 10);
  await changeWorkerAutoscaler(ground.stage, "broken", { jobTemplate: { spec: { backoffLimit: 1 } } });
  await ground.waitFor("broken", (jobs) => assert.ok(jobs.length > 10));
});

test("a quota is said, tried again after a pause, and used up once it is raised", terms, async (context) => {
  const ground = await Playground.open(context);
  const hard = (jobs: number) => ({ spec: { hard: { "count/jobs.batch": String(jobs) } } });
  await ground.stage.objects.create(QUOTAS, { metadata: { name: "few" }, ...hard(2) });
  await eventually(async () => {
    const { status } = (await ground.stage.objects.get(`${QUOTAS}/few`)) as { status?: { used?: object } };
    assert.ok(status?.used);
  }, PATIENT);
  await ground.autoscaler("limited");
  await said(ground.stage, "limited", "Ready", "FailedUpdateScale", /exceeded quota: few/);
  await ground.staysAt("limited", 2);
  await ground.stage.objects.patch(`${QUOTAS}/few`, hard(50));
  await ground.staysAt("limited", WAITING);
});

test("ttlSecondsAfterFinished is set on the Job, with a minute at the least", terms, async (context) => {
  const ground = await Playground.open(context);
  await ground.autoscaler("short", { job: { ttlSecondsAfterFinished: 5 } });
  await ground.autoscaler("long", { job: { ttlSecondsAfterFinished: 300 } });
  await ground.autoscaler("without");
  const ttl = async (name: string) => {
    await ground.waitFor(name, (jobs) => assert.equal(jobs.length, WAITING));
    return (await ground.jobs(name))[0]?.spec.ttlSecondsAfterFinished;
  };
  const [short, long, without] = [await ttl("short"), await ttl("long"), await ttl("without")];
  assert.equal(without, undefined);
  // Kubernetes 1.20 drops the field: there Muster alone removes the Jobs.
  if (long !== undefined) assert.deepEqual([short, long], [60, 300]);
});
