import type { BeanstalkdClient } from "../test/support/beanstalkd-client.ts";
import type { BeanstalkdServer } from "../test/support/beanstalkd-server.ts";
import type { MusterProcess } from "../test/support/end-to-end/muster-process.ts";
import { Stage } from "../test/support/end-to-end/stage.ts";
import { type ClusterKind, REAL_API_SERVER } from "../test/support/end-to-end/test-cluster.ts";

/** What one situation of the fault campaign showed. */
export interface Outcome {
  /** The measured figures with their units, in one line. */
  readonly seen: string;
  /** Whether everything that `expected` states was true. */
  readonly held: boolean;
}

export interface SituationOptions {
  /** How often a fault at a random moment is repeated. */
  readonly rounds: number;
  /** Prints one line of progress. */
  readonly progress: (line: string) => void;
}

/** One fault that is done to the real program on a real API server, and what must be true of it. Named after its file. */
export interface Situation {
  readonly about: string;
  readonly expected: string;
  /** Without --rounds; default: 1. */
  readonly rounds?: number;
  /** Default: an API server without controllers. */
  readonly cluster?: ClusterKind;
  /** Rejects only when it cannot run at all. What it starts ends with the scene. */
  play(scene: Scene, options: SituationOptions): Promise<Outcome>;
}

/** A real API server behind a proxy, a beanstalkd and a client of it. */
export interface Scene {
  readonly stage: Stage;
  readonly beanstalkd: BeanstalkdServer;
  readonly queue: BeanstalkdClient;
}

/** Everything on it ends with `body`. */
export async function withScene<T>(body: (scene: Scene) => Promise<T>, cluster = REAL_API_SERVER): Promise<T> {
  const stage = await Stage.open(cluster);
  try {
    const beanstalkd = await stage.beanstalkd();
    return await body({ stage, beanstalkd, queue: await beanstalkd.client(stage) });
  } finally {
    await stage.close();
  }
}

/** The spec of an autoscaler that follows a tube. */
export function following({ beanstalkd }: Scene, tube: string): { readonly queueURI: string } {
  return { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${tube}` };
}

/** Creates Deployments without replicas, each with an autoscaler that follows the tube of the same name. */
export async function createPairs(scene: Scene, names: readonly string[]): Promise<void> {
  for (const name of names) await scene.stage.pair(name, following(scene, name));
}

/** Starts a process that leads or stands by for the one Lease of a situation, through a proxy of its own. */
export async function startCandidate(
  { stage }: Scene,
  { flags = [], env = {} }: { flags?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<MusterProcess> {
  const election = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "chaos"];
  return stage.run([...election, ...flags], { env, proxy: await stage.anotherProxy() }).ready();
}

export function secondsSince(moment: number): number {
  return (performance.now() - moment) / 1000;
}
