import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../test/support/beanstalkd-client.ts";
import type { ApiProxy } from "../test/support/end-to-end/api-proxy.ts";
import { allScaledTo } from "../test/support/end-to-end/expectations.ts";
import { LeaseHistory } from "../test/support/end-to-end/lease-history.ts";
import type { MusterProcess } from "../test/support/end-to-end/muster-process.ts";
import { eventually } from "../test/support/waiting.ts";
import { following, type Outcome, type Scene, type SituationOptions } from "./situation.ts";

const PAIRS = 3;
const WORKLOADS = 3;
const JOBS = 100;
const MOST_REPLICAS = 10;
const NEVER_COOLING = ["--scale-down-delay-after-last-scale-activity", "1", "--beanstalk-short-poll-interval", "1"];

/** Plays rounds on several pairs at once; every write must be covered by the lease and no needed workload lowered. */
export async function playOnPairs(
  scene: Scene,
  { rounds, progress }: SituationOptions,
  round: (pair: ElectionPair) => Promise<void>,
): Promise<Outcome> {
  const pairs = await Promise.all(
    Array.from({ length: Math.min(PAIRS, rounds) }, (_, index) => ElectionPair.start(scene, `pair-${index}`)),
  );
  let started = 0;
  await Promise.all(
    pairs.map(async (pair) => {
      while (started < rounds) {
        started += 1;
        if (started % 10 === 0) progress(`round ${started} of ${rounds}`);
        await pair.emptyWhenScaled();
        await round(pair);
      }
    }),
  );
  const sum = (count: (pair: ElectionPair) => number) => pairs.reduce((total, pair) => total + count(pair), 0);
  const violations = pairs.flatMap(({ history }) => history.violations());
  const lowered = pairs.flatMap((pair) => pair.lowered);
  for (const line of [...violations.slice(0, 10), ...lowered.slice(0, 10)]) progress(line);
  const seen = [
    `${rounds} times, after ${sum((pair) => pair.takeovers)} of which the standby led`,
    `${sum(({ history }) => history.writes)} writes, ${violations.length} without the lease`,
    `${lowered.length} workloads lowered`,
  ].join("; ");
  return { seen, held: violations.length === 0 && lowered.length === 0 };
}

/** Two processes with one Lease, and the workloads of a namespace of their own. */
export class ElectionPair {
  readonly history = new LeaseHistory();
  readonly lowered: string[] = [];
  takeovers = 0;
  readonly namespace: string;
  readonly #scene: Scene;
  readonly #queue: BeanstalkdClient;
  readonly #workloads: readonly string[];
  #processes: readonly (readonly [MusterProcess, ApiProxy])[] = [];
  #jobs: string[] = [];

  private constructor(scene: Scene, namespace: string, queue: BeanstalkdClient) {
    this.namespace = namespace;
    this.#scene = scene;
    this.#queue = queue;
    this.#workloads = Array.from({ length: WORKLOADS }, (_, index) => `${namespace}-${index}`);
  }

  static async start(scene: Scene, namespace: string): Promise<ElectionPair> {
    const pair = new ElectionPair(scene, namespace, await scene.beanstalkd.client(scene.stage));
    await pair.#start();
    return pair;
  }

  async #start(): Promise<void> {
    const { stage } = this.#scene;
    const { namespace } = this;
    await stage.objects.create("/api/v1/namespaces", { metadata: { name: namespace } });
    for (const name of this.#workloads) {
      await stage.deployment(name, 0, { namespace });
      const bounds = { maxReplicas: MOST_REPLICAS, maxDisruption: "10%" };
      await stage.autoscaler(name, { ...following(this.#scene, name), ...bounds }, namespace);
    }
    const flags = ["--leader-elect", "--lease-namespace", namespace, "--namespace", namespace, ...NEVER_COOLING];
    this.#processes = await Promise.all(
      [0, 1].map(async (index) => {
        const proxy = await stage.anotherProxy();
        this.history.follow(`${namespace} ${index}`, proxy);
        return [await stage.run(flags, { proxy }).ready(), proxy] as const;
      }),
    );
    await this.fill();
  }

  /** Waits until all workloads have all their replicas, and a random moment of the scaling down that follows. */
  async emptyWhenScaled(): Promise<void> {
    await allScaledTo(this.#scene.stage, this.#workloads, MOST_REPLICAS, this.namespace);
    for (const id of this.#jobs.splice(0)) await this.#queue.command(`delete ${id}`);
    await eventually(async () => this.leader());
    await pause(Math.random() * 3_000);
  }

  leader(): MusterProcess {
    const [muster] = this.#processes.find(([one]) => this.#nameOf(one) === this.history.holder()) ?? [];
    if (muster === undefined) throw new Error(`no process leads ${this.namespace}`);
    return muster;
  }

  /** More jobs than all replicas of every workload need. */
  async fill(): Promise<void> {
    for (const name of this.#workloads) {
      for (let job = 0; job < JOBS; job += 1) this.#jobs.push(await this.#queue.put(name));
    }
  }

  /** Notes each workload that was lowered since then, and how long after each of the named moments. */
  noteLowered(since: number, moments: Readonly<Record<string, number>>): void {
    for (const name of this.#workloads) {
      const scalings = this.#processes
        .flatMap(([, proxy], by) => proxy.scalings(name).map((scaling) => ({ by, ...scaling })))
        .filter(({ status }) => status === 200)
        .sort((one, other) => one.at - other.at)
        .map(({ by, at, body }) => ({ by, at, to: (JSON.parse(body) as ScaleBody).spec.replicas }));
      for (const [index, { by, at, to }] of scalings.entries()) {
        const from = scalings[index - 1]?.to ?? 0;
        if (at <= since || to >= from) continue;
        const when = Object.entries(moments).map(([what, moment]) => `${(at - moment).toFixed(0)} ms after ${what}`);
        this.lowered.push(`process ${by} lowered ${name} from ${from} to ${to}, ${when.join(", ")}`);
      }
    }
  }

  #nameOf(muster: MusterProcess): string {
    return `${this.namespace} ${this.#processes.findIndex(([one]) => one === muster)}`;
  }
}

interface ScaleBody {
  readonly spec: { readonly replicas: number };
}
