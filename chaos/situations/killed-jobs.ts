import { setTimeout as pause } from "node:timers/promises";
import { AUTOSCALER_LABEL, JOBS, type Job, trimJob } from "../../src/kubernetes/jobs/job-objects.ts";
import { WatchCache } from "../../src/kubernetes/watch/watch-cache.ts";
import { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import { REAL_CONTROL_PLANE } from "../../test/support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { JobKubelet } from "../../test/support/job-kubelet.ts";
import { type Scene, type Situation, secondsSince } from "../situation.ts";

const MESSAGES = 1_000;
const MOST_JOBS = 20;
const LONGEST_WORK_MS = 600;
const LATEST_KILL_MS = 2_500;
/** The API server is restarted this often, spread over the rounds. */
const RESTARTS = 3;
const PATIENCE_SECONDS = 240;
const TUBE = "videos";

export default {
  about: `kill -9 at random moments while ${MESSAGES} messages are worked on by Jobs, with restarts of the API server`,
  expected: `each message is worked on once, none is left, never more than ${MOST_JOBS} Jobs that have not ended`,
  rounds: 50,
  cluster: REAL_CONTROL_PLANE,
  async play(scene, { rounds, progress }) {
    await installWorkerAutoscalers(scene.stage);
    await createAutoscaler(scene);
    const work = new Work(scene);
    const census = new Census(scene);
    const kubelet = new JobKubelet(scene.stage.client, TUBE, () => work.doOne());
    const producing = produce(scene);
    for (let round = 1; round <= rounds; round += 1) {
      const muster = scene.stage.run();
      await muster.saying("Acting").catch(() => undefined);
      await pause(Math.random() * LATEST_KILL_MS);
      await muster.stop("SIGKILL");
      if (round % Math.ceil(rounds / (RESTARTS + 1)) === 0) {
        await scene.stage.cluster.goDown();
        await scene.stage.cluster.comeBack();
      }
      if (round % 5 === 0) progress(`${round} kills, ${work.total} messages done, at most ${census.most} Jobs`);
    }
    await producing;
    const last = scene.stage.run();
    const began = performance.now();
    while (work.byMessage.size < MESSAGES && secondsSince(began) < PATIENCE_SECONDS) await pause(100);
    // What is created now has nothing to do.
    await pause(5_000);
    await last.stop();
    const left = Number((await scene.queue.stat(`stats-tube ${TUBE}`, "current-jobs-ready")) ?? 0);
    await kubelet.stop();
    census.stop();
    const twice = [...work.byMessage.values()].filter((times) => times > 1).length;
    const done = work.byMessage.size;
    return {
      seen: `${done} messages worked on, ${twice} twice, ${left} left; at most ${census.most} Jobs at a time, ${census.total} in all, of which ${work.idle} found nothing`,
      held: done === MESSAGES && twice === 0 && left === 0 && census.most <= MOST_JOBS,
    };
  },
} satisfies Situation;

async function createAutoscaler({ stage, beanstalkd }: Scene): Promise<void> {
  const containers = [{ name: "worker", image: "worker:1" }];
  const pod = { restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers };
  await stage.objects.create("/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers", {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: TUBE },
    spec: {
      jobTemplate: { spec: { backoffLimit: 0, template: { spec: pod } } },
      maxReplicas: MOST_JOBS,
      pollIntervalSeconds: 1,
      signals: [{ name: "queue", source: { beanstalkd: { host: "127.0.0.1", port: beanstalkd.port, tube: TUBE } } }],
    },
  });
}

/** Messages come in bursts. */
async function produce({ queue }: Scene): Promise<void> {
  for (let left = MESSAGES; left > 0; ) {
    const burst = Math.min(left, Math.ceil(Math.random() * 40));
    for (let message = 0; message < burst; message += 1) await queue.put(TUBE, { ttr: 3_600 });
    left -= burst;
    await pause(Math.random() * 4_000);
  }
}

/** What pods of Jobs do: each works on one message. */
class Work {
  /** How often each message was worked on. */
  readonly byMessage = new Map<string, number>();
  /** Jobs that found no message. */
  idle = 0;
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  get total(): number {
    return this.byMessage.size;
  }

  async doOne(): Promise<number> {
    const queue = await BeanstalkdClient.connect(this.#scene.beanstalkd.port);
    try {
      const message = await queue.reserve(TUBE);
      if (message === undefined) this.idle += 1;
      else {
        await pause(Math.random() * LONGEST_WORK_MS);
        this.byMessage.set(message, (this.byMessage.get(message) ?? 0) + 1);
        await queue.command(`delete ${message}`);
      }
      return 0;
    } finally {
      queue.close();
    }
  }
}

/** Counts Jobs at every change of one. */
class Census {
  /** That had not ended, at once. */
  most = 0;
  total = 0;
  readonly #stop = new AbortController();
  readonly #unfinished = new Set<string>();
  readonly #names = new Set<string>();

  constructor({ stage: { client } }: Scene) {
    const cache = new WatchCache<Job>({
      ...{ client, resource: JOBS, labelSelector: AUTOSCALER_LABEL, trim: trimJob },
      changed: (key, now) => {
        this.#names.add(key);
        if (now !== undefined && now.value.end === undefined) this.#unfinished.add(key);
        else this.#unfinished.delete(key);
        this.total = this.#names.size;
        this.most = Math.max(this.most, this.#unfinished.size);
      },
    });
    void cache.run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }
}
