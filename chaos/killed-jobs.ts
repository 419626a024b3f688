import { setTimeout as pause } from "node:timers/promises";
import { AUTOSCALER_LABEL, JOBS, type Job, trimJob } from "../src/kubernetes/jobs/job-objects.ts";
import { WatchCache } from "../src/kubernetes/watch/watch-cache.ts";
import { REAL_CONTROL_PLANE } from "../test/support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers } from "../test/support/end-to-end/worker-autoscalers.ts";
import type { JobBroker, OpenJobBroker } from "../test/support/job-brokers.ts";
import { JobKubelet } from "../test/support/job-kubelet.ts";
import { type Scene, type Situation, secondsSince } from "./situation.ts";

const MESSAGES = 1_000;
const MOST_JOBS = 20;
const LONGEST_WORK_MS = 600;
/** The API server is restarted this often, spread over the rounds. */
const RESTARTS = 3;
const PATIENCE_SECONDS = 240;
const NAME = "videos";

/** `server`: what keeps the messages, and how it is read. A kill comes `latestKillMs` after the process acts, at the latest. */
export function killDuringJobs(server: string, open: OpenJobBroker, latestKillMs = 2_500): Situation {
  return {
    about: `kill -9 at random moments while ${MESSAGES} messages of ${server} are worked on by Jobs, with restarts of the API server`,
    expected: `${server}: each message is worked on once, none is left, never more than ${MOST_JOBS} Jobs that have not ended`,
    rounds: 50,
    cluster: REAL_CONTROL_PLANE,
    async play(scene, { rounds, progress }) {
      const { stage } = scene;
      await installWorkerAutoscalers(stage);
      const broker = await open(stage, stage.objects);
      await createAutoscaler(scene, broker);
      const work = new Work(broker);
      const census = new Census(scene);
      const kubelet = new JobKubelet(stage.client, NAME, () => work.doOne());
      const producing = produce(broker);
      for (let round = 1; round <= rounds; round += 1) {
        const muster = stage.run();
        await muster.saying("Acting").catch(() => undefined);
        await pause(Math.random() * latestKillMs);
        await muster.stop("SIGKILL");
        if (round % Math.ceil(rounds / (RESTARTS + 1)) === 0) {
          await stage.cluster.goDown();
          await stage.cluster.comeBack();
        }
        if (round % 5 === 0) progress(`${round} kills, ${work.total} messages done, at most ${census.most} Jobs`);
      }
      await producing;
      const last = stage.run();
      const began = performance.now();
      while (work.byMessage.size < MESSAGES && secondsSince(began) < PATIENCE_SECONDS) await pause(100);
      // What is created now has nothing to do.
      await pause(5_000);
      await last.stop();
      await kubelet.stop();
      const left = await broker.left();
      census.stop();
      const twice = [...work.byMessage.values()].filter((times) => times > 1).length;
      const done = work.byMessage.size;
      return {
        seen: `${done} messages worked on, ${twice} twice, ${left} left; at most ${census.most} Jobs at a time, ${census.total} in all, of which ${work.idle} found nothing`,
        held: done === MESSAGES && twice === 0 && left === 0 && census.most <= MOST_JOBS,
      };
    },
  };
}

async function createAutoscaler({ stage }: Scene, { source, jobs }: JobBroker): Promise<void> {
  const containers = [{ name: "worker", image: "worker:1" }];
  const pod = { restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers };
  await stage.objects.create("/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers", {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: NAME },
    spec: {
      jobTemplate: { spec: { backoffLimit: 0, template: { spec: pod } } },
      jobs,
      maxReplicas: MOST_JOBS,
      pollIntervalSeconds: 1,
      signals: [{ name: "queue", source }],
    },
  });
}

/** Messages come in bursts. */
async function produce(broker: JobBroker): Promise<void> {
  for (let number = 0; number < MESSAGES; ) {
    const end = Math.min(MESSAGES, number + Math.ceil(Math.random() * 40));
    for (; number < end; number += 1) await broker.put(String(number));
    await pause(Math.random() * 4_000);
  }
}

/** What pods of Jobs do: each works on one message. */
class Work {
  /** How often each message was worked on. */
  readonly byMessage = new Map<string, number>();
  /** Jobs that found no message. */
  idle = 0;
  readonly #broker: JobBroker;

  constructor(broker: JobBroker) {
    this.#broker = broker;
  }

  get total(): number {
    return this.byMessage.size;
  }

  async doOne(): Promise<number> {
    const message = await this.#broker.workOnOne(async (taken) => {
      await pause(Math.random() * LONGEST_WORK_MS);
      this.byMessage.set(taken, (this.byMessage.get(taken) ?? 0) + 1);
    });
    if (message === undefined) this.idle += 1;
    return 0;
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
