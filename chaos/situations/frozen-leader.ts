import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import type { ApiProxy } from "../../test/support/end-to-end/api-proxy.ts";
import { allScaledTo } from "../../test/support/end-to-end/expectations.ts";
import { LeaseHistory } from "../../test/support/end-to-end/lease-history.ts";
import type { MusterProcess } from "../../test/support/end-to-end/muster-process.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { eventually } from "../../test/support/waiting.ts";
import type { Outcome, Situation, SituationOptions } from "../situation.ts";

const DEFAULT_ROUNDS = 20;
const PAIRS = 3;
const WORKLOADS = 3;
const JOBS = 100;
const MOST_REPLICAS = 10;
/** Processes that use all the processor time they get. */
const BUSY = 2;
const LONGEST_FREEZE_MS = 12_000;
/** A freeze this short is not told from a busy moment: what was read within a second before it may still be acted on. */
const SHORT_FREEZE_MS = 1_000;
const SHORT_FREEZES = 0.2;
const AFTER_THAW_MS = 2_000;
const NEVER_COOLING = ["--scale-down-delay-after-last-scale-activity", "1", "--beanstalk-short-poll-interval", "1"];

export const frozenLeader: Situation = {
  name: "frozen-leader",
  about: "SIGSTOP of the leader at a random moment while it scales down and work arrives, under CPU load, then SIGCONT",
  expected: "no write without the lease, no workload lowered that has waiting jobs",
  async run(options) {
    const stage = await Stage.open(REAL_API_SERVER);
    const load = Array.from({ length: BUSY }, () => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
    try {
      return await freezeOften(stage, options);
    } finally {
      for (const child of load) await ended(child);
      await stage.close();
    }
  },
};

async function freezeOften(stage: Stage, { rounds = DEFAULT_ROUNDS, progress }: SituationOptions): Promise<Outcome> {
  const beanstalkd = await stage.beanstalkd();
  const pairs = await Promise.all(
    Array.from({ length: PAIRS }, async (_, index) => {
      const pair = new Pair(stage, `pair-${index}`, await beanstalkd.client(stage));
      await pair.begin(beanstalkd.port);
      return pair;
    }),
  );
  let left = rounds;
  let done = 0;
  await Promise.all(
    pairs.map(async (pair) => {
      while (left > 0) {
        left -= 1;
        await pair.round();
        done += 1;
        if (done % 10 === 0) progress(`${done} of ${rounds} freezes`);
      }
    }),
  );
  const sum = (count: (pair: Pair) => number) => pairs.reduce((total, pair) => total + count(pair), 0);
  const violations = pairs.flatMap(({ history }) => history.violations());
  for (const violation of violations.slice(0, 10)) progress(violation);
  const lowered = pairs.flatMap((pair) => pair.lowered);
  for (const line of lowered.slice(0, 10)) progress(line);
  const seen = [
    `${done} freezes, after ${sum((pair) => pair.takeovers)} of which the standby led`,
    `${sum(({ history }) => history.writes)} writes, ${violations.length} without the lease`,
    `${lowered.length} workloads lowered`,
  ].join("; ");
  return { seen, held: violations.length === 0 && lowered.length === 0 };
}

/** Two processes with one lease, and the workloads of a namespace of their own. */
class Pair {
  readonly history = new LeaseHistory();
  readonly lowered: string[] = [];
  takeovers = 0;
  readonly #stage: Stage;
  readonly #name: string;
  readonly #queue: BeanstalkdClient;
  readonly #workloads: readonly string[];
  #processes: readonly (readonly [MusterProcess, ApiProxy])[] = [];
  #jobs: string[] = [];

  constructor(stage: Stage, name: string, queue: BeanstalkdClient) {
    this.#stage = stage;
    this.#name = name;
    this.#queue = queue;
    this.#workloads = Array.from({ length: WORKLOADS }, (_, index) => `${name}-${index}`);
  }

  async begin(port: number): Promise<void> {
    const namespace = this.#name;
    await this.#stage.objects.create("/api/v1/namespaces", { metadata: { name: namespace } });
    for (const name of this.#workloads) {
      await this.#stage.deployment(name, 0, { namespace });
      const queueURI = `beanstalk://127.0.0.1:${port}/${name}`;
      await this.#stage.autoscaler(name, { queueURI, maxReplicas: MOST_REPLICAS, maxDisruption: "10%" }, namespace);
    }
    const flags = ["--leader-elect", "--lease-namespace", namespace, "--namespace", namespace, ...NEVER_COOLING];
    this.#processes = await Promise.all(
      [0, 1].map(async (index) => {
        const proxy = await this.#stage.anotherProxy();
        this.history.follow(`${namespace} ${index}`, proxy);
        return [await this.#stage.run(flags, { proxy }).ready(), proxy] as const;
      }),
    );
    await this.#fill();
  }

  /** From many waiting jobs and all replicas to the same again. */
  async round(): Promise<void> {
    await allScaledTo(this.#stage, this.#workloads, MOST_REPLICAS, this.#name);
    await this.#empty();
    const leader = await eventually(async () => this.#leader());
    await pause(Math.random() * 3_000);
    leader.signal("SIGSTOP");
    const isShort = Math.random() < SHORT_FREEZES;
    await this.#fill();
    const filledAt = performance.now();
    const more = isShort ? 0 : SHORT_FREEZE_MS;
    await pause(more + Math.random() * ((isShort ? SHORT_FREEZE_MS : LONGEST_FREEZE_MS) - more));
    const wasReplaced = this.history.holder() !== this.#nameOf(leader);
    const thawedAt = performance.now();
    leader.signal("SIGCONT");
    await pause(AFTER_THAW_MS);
    if (wasReplaced) this.takeovers += 1;
    if (!isShort) this.#noteLowered(filledAt, thawedAt);
  }

  #leader(): MusterProcess {
    const [muster] = this.#processes.find(([one]) => this.#nameOf(one) === this.history.holder()) ?? [];
    if (muster === undefined) throw new Error(`no process leads ${this.#name}`);
    return muster;
  }

  #nameOf(muster: MusterProcess): string {
    return `${this.#name} ${this.#processes.findIndex(([one]) => one === muster)}`;
  }

  async #fill(): Promise<void> {
    for (const name of this.#workloads) {
      for (let job = 0; job < JOBS; job += 1) this.#jobs.push(await this.#queue.put(name));
    }
  }

  async #empty(): Promise<void> {
    for (const id of this.#jobs.splice(0)) await this.#queue.command(`delete ${id}`);
  }

  #noteLowered(filledAt: number, thawedAt: number): void {
    for (const name of this.#workloads) {
      const scalings = this.#processes
        .flatMap(([, proxy], by) => proxy.scalings(name).map((scaling) => ({ by, ...scaling })))
        .filter(({ status }) => status === 200)
        .sort((one, other) => one.at - other.at)
        .map(({ by, at, body }) => ({
          by,
          at,
          to: (JSON.parse(body) as { spec: { replicas: number } }).spec.replicas,
        }));
      for (const [index, { by, at, to }] of scalings.entries()) {
        const from = scalings[index - 1]?.to ?? 0;
        if (at <= filledAt || to >= from) continue;
        const when = `${(at - filledAt).toFixed(0)} ms after the work came, ${(at - thawedAt).toFixed(0)} ms after the thaw`;
        this.lowered.push(`process ${by} lowered ${name} from ${from} to ${to}, ${when}`);
      }
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.kill("SIGKILL")) await exited;
}
