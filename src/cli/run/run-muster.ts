import type { Command } from "commander";
import { parseWorkerPodAutoscaler, WORKER_POD_AUTOSCALER } from "../../config/worker-pod-autoscaler.ts";
import { renderWorkerPodAutoscalerStatus } from "../../config/worker-pod-autoscaler-status.ts";
import { Controller } from "../../controller/controller.ts";
import { lineLog } from "../../controller/line-log.ts";
import type { Log } from "../../controller/log.ts";
import {
  type ApiClient,
  ClusterReporter,
  ClusterWorkloads,
  ConnectedClient,
  findConnection,
  objectFeed,
  type Resource,
} from "../../kubernetes/index.ts";
import type { Reporter } from "../../kubernetes/ports/reporter.ts";
import { startHttpServer } from "../../server/http-server.ts";
import { parseListenAddress } from "../../server/listen-address.ts";
import { Metrics } from "../../server/metrics.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { SharedThings } from "../../sources/shared/share.ts";
import { UserError } from "../shared/user-error.ts";
import { version } from "../shared/version.ts";
import { dryRunReporter } from "./dry-run-reporter.ts";
import { leadershipOf } from "./leadership-of.ts";
import { queueServices } from "./queue-services.ts";
import type { RunFlags } from "./run-flags.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { workerPodAutoscalerDefaults } from "./worker-pod-autoscaler-defaults.ts";

const WORKER_POD_AUTOSCALERS: Resource = { group: "k8s.practo.dev", version: "v1", plural: "workerpodautoscalers" };

/** Puts the parts together, and runs them until the process is told to stop. */
export async function runMuster(flags: RunFlags, command: Command): Promise<void> {
  const metrics = new Metrics(version());
  const log = logOf(flags, metrics);
  const sources = queueServices(flags.queueServices);
  const address = asked(() => parseListenAddress(flags.metricsPort));
  const connection = await findConnection(flags.kubeConfig === undefined ? {} : { path: flags.kubeConfig }).catch(
    (error: Error) => Promise.reject(new UserError(error.message)),
  );
  const client = new ConnectedClient(connection, { userAgent: `muster/${version()}`, observe: metrics.apiCalled });
  const defaults = workerPodAutoscalerDefaults(flags, (flag) => isSet(command, flag));
  const namespace = flags.namespace || undefined;
  const feed = objectFeed({
    client,
    namespace,
    resource: WORKER_POD_AUTOSCALERS,
    parse: (object) => parseWorkerPodAutoscaler(object, defaults, sources),
  });
  const reporter = flags.dryRun ? dryRunReporter(log) : clusterReporter(client, feed, flags, log);
  const workloads = new ClusterWorkloads({ client, namespace });
  const shared = new SharedThings();
  const controller = new Controller({
    sourceType: (type) => SOURCES.find((source) => source.type === type),
    tools: { now: Date.now, mayTouch: !flags.dryRun, environment: process.env, share: shared.share },
    workloads,
    reporter,
    log,
    telemetry: metrics.telemetry,
    dryRun: flags.dryRun,
  });
  metrics.follow(controller);
  const leadership = leadershipOf(flags, client, log);
  const waitingFor = new Set(["the cluster's autoscalers"]);
  const server = await startHttpServer({ address, controller, metrics, log, waitingFor: () => [...waitingFor] }).catch(
    (error: Error) => Promise.reject(new UserError(error.message)),
  );
  const stop = stopOnSignals(log);
  log.info("Started", { version: version(), cluster: connection.origin, dryRun: flags.dryRun, address: server.url });
  try {
    const { synced } = feed.start(controller, stop.signal);
    void synced.then(() => waitingFor.clear());
    await leadership.run(async (leading) => {
      // Elders must be known before anybody acts.
      await Promise.race([synced, aborted(leading)]);
      log.info("Acting", { autoscalers: [...controller.held()].length });
      await controller.run(leading, stop.signal);
      log.info("No longer acting");
    }, stop.signal);
  } finally {
    stop.release();
    workloads.close();
    if (reporter instanceof ClusterReporter) reporter.close();
    await Promise.all([shared.close(), server.close(), client.close()]);
    log.info("Stopped");
  }
}

function logOf(flags: RunFlags, metrics: Metrics): Log {
  return lineLog({
    format: flags.logFormat,
    level: flags.logLevel,
    now: Date.now,
    write: (line) => void process.stderr.write(line),
    counted: (level) => metrics.logged(level),
  });
}

function clusterReporter(client: ApiClient, feed: ReturnType<typeof objectFeed>, flags: RunFlags, log: Log): Reporter {
  const format = {
    resource: WORKER_POD_AUTOSCALERS,
    objects: feed.objects,
    statusOf: (_origin: unknown, account: Parameters<typeof renderWorkerPodAutoscalerStatus>[0], previous: object) =>
      renderWorkerPodAutoscalerStatus(account, previous as Readonly<Record<string, unknown>>),
  };
  return new ClusterReporter({
    client,
    formats: new Map([[WORKER_POD_AUTOSCALER, format]]),
    instance: process.env.POD_NAME ?? "muster",
    routinePerSecond: flags.k8sApiQps,
    routineBurst: flags.k8sApiBurst,
    onProblem: (problem, origin) =>
      log.warn("A status or event could not be written", {
        namespace: origin?.namespace,
        name: origin?.name,
        kind: problem.kind,
        detail: problem.message,
      }),
  });
}

function isSet(command: Command, flag: keyof RunFlags): boolean {
  const source = command.getOptionValueSource(flag);
  return source === "cli" || source === "env";
}

/** What a user wrote wrongly is a user's mistake. */
function asked<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
