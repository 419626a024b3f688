import { Controller } from "../../src/controller/controller.ts";
import type { ControllerOptions } from "../../src/controller/controller-options.ts";
import type { Telemetry } from "../../src/controller/telemetry.ts";
import type { Autoscaler, Memory, Pace, Parsed, Signal } from "../../src/core/index.ts";
import { Network } from "../../src/sources/shared/network.ts";
import { MemoryReporter } from "./memory-reporter.ts";
import { MemoryWorkloads } from "./memory-workloads.ts";
import { scriptedSource } from "./scripted-source.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

/** Everything around a controller, in memory and under a test's command. */
export function controllerWorld(options: Partial<ControllerOptions> & { pace?: Pace } = {}) {
  const clock = new VirtualClock();
  const source = scriptedSource(options.pace ?? { movingSeconds: 2, steadySeconds: 20 });
  const workloads = new MemoryWorkloads(() => clock.monotonic());
  const reporter = new MemoryReporter();
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const note = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const controller = new Controller({
    sourceType: (type) => (type === source.type.type ? source.type : undefined),
    tools: {
      now: () => clock.wall(),
      mayTouch: true,
      environment: {},
      network: new Network(),
      share: (_, make) => ({ value: make(), release: async () => undefined }),
    },
    workloads,
    reporter,
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
    telemetry: countingTelemetry(counts),
    clock,
    random: () => 0.5,
    ...options,
  });
  const stopping = new AbortController();
  let leading = new AbortController();
  let ran: Promise<void> = Promise.resolve();
  return {
    ...{ clock, workloads, reporter, controller, lines, counts },
    queue: (name: string) => source.queue(name),
    /** This process is elected. */
    async elect() {
      leading = new AbortController();
      ran = controller.run(leading.signal, stopping.signal);
      await settle();
    },
    /** The lease is lost. */
    async depose() {
      leading.abort();
      await clock.advance(0);
      await ran;
    },
    /** SIGTERM. Resolves when the controller has ended, for which time may have to pass. */
    async stop(milliseconds = 0) {
      stopping.abort();
      leading.abort();
      await clock.advance(milliseconds);
      await ran;
    },
  };
}

function countingTelemetry(counts: Map<string, number>): Telemetry {
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  return {
    looked: (source, outcome) => void count(`looked ${source} ${outcome}`),
    putOff: (source) => void count(`put off ${source}`),
    scaled: (outcome) => void count(`scaled ${outcome}`),
    acted: (direction) => void count(`acted ${direction}`),
    decided: (direction) => void count(`decided ${direction}`),
    stoppedBusy: () => void count("stopped busy"),
    failed: (kind) => void count(`failed ${kind}`),
  };
}

/** A WorkerPodAutoScaler named `name` for the Deployment and the scripted queue of that name. */
export function parsedAutoscaler(
  name: string,
  fields: Partial<Autoscaler> & { queue?: string; memory?: Memory; signal?: Partial<Signal> } = {},
): Parsed & { autoscaler: Autoscaler } {
  const { queue = name, memory = {}, signal = {}, ...rest } = fields;
  const autoscaler: Autoscaler = {
    id: `WorkerPodAutoScaler/shop/${name}`,
    origin: {
      kind: "WorkerPodAutoScaler",
      namespace: "shop",
      name,
      uid: `uid-${name}`,
      generation: 1,
      createdAt: 1_000,
    },
    profile: "worker-pod-autoscaler",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name },
    minReplicas: 0,
    maxReplicas: 10,
    signals: [
      {
        name: "queue",
        source: { type: "scripted", settings: { queue } },
        rule: { kind: "backlog", messagesPerReplica: 10, tolerance: 0.1 },
        freshnessSeconds: 60,
        whenMissing: "Hold",
        ...signal,
      },
    ],
    mode: "Active",
    secondsPerMessage: 0,
    maxDisruption: { percent: 100 },
    coolDownSeconds: 600,
    ...rest,
  };
  return { autoscaler, memory, problems: [] };
}
