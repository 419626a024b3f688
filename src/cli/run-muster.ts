import type { Command } from "commander";
import { systemClock } from "../controller/clock.ts";
import { Controller } from "../controller/controller.ts";
import { type Log, lineLog } from "../controller/log.ts";
import { Notifier } from "../controller/notifier.ts";
import { startExitWatchdog, stopOnSignals, surviveExceptions } from "../controller/process-guards.ts";
import { WorkerProtection } from "../controller/worker-protection.ts";
import { clusterFeeds, WatchReporter } from "../feeds/cluster-feeds.ts";
import type { KedaFeedOptions } from "../feeds/keda-feed.ts";
import { phpaFeed } from "../feeds/phpa-feed.ts";
import { withBusyWorkers } from "../formats/busy-workers.ts";
import { jobTermsOf } from "../formats/job-template.ts";
import { decideOnSchedule } from "../formats/schedule.ts";
import {
  ClusterAccess,
  ClusterJobs,
  ClusterPods,
  ClusterReporter,
  ClusterSecrets,
  ClusterWorkloads,
  ConnectedClient,
  findConnection,
  Heartbeat,
  PodTokens,
  pacedClient,
  withJobs,
} from "../kubernetes/index.ts";
import { type FeedSink, NEVER } from "../kubernetes/ports.ts";
import { parseListenAddress, startHttpServer } from "../server/http-server.ts";
import { Metrics } from "../server/metrics.ts";
import { pause } from "../shared/async.ts";
import { readVersion } from "../shared/shipped.ts";
import { asUserError } from "../shared/user-error.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import { SharedThings } from "../sources/shared/share.ts";
import type { SourceTools } from "../sources/shared/source.ts";
import type { RunFlags } from "./run-flags.ts";
import {
  createLeadership,
  dryRunReporter,
  notifyTerms,
  openJournal,
  parseQueueServices,
  workerPodAutoscalerDefaults,
} from "./run-parts.ts";
import { isInPod, sourceNetwork } from "./shared/poll-once.ts";

/** How long to wait until all kinds of autoscalers are listed before acting on those that are known. */
const SYNC_PATIENCE_MS = 10_000;

/** Calls a second for pods, whatever many scale-downs there are: 500 pods are marked within 10 s. */
const POD_CALLS_PER_SECOND = 60;
/** For workers that protect themselves: two calls each. */
const PROTECTION_CALLS_PER_SECOND = 100;

/** Connects the parts and runs them until the process is stopped. */
export async function runMuster(flags: RunFlags, command: Command): Promise<void> {
  const version = readVersion();
  const metrics = new Metrics(version);
  const log = lineLog({
    format: flags.logFormat,
    level: flags.logLevel,
    now: Date.now,
    write: (line) => void process.stderr.write(line),
    counted: (level) => metrics.logged(level),
  });
  const address = await asUserError(() => parseListenAddress(flags.metricsPort));
  const isSet = (flag: keyof RunFlags) => ["cli", "env"].includes(command.getOptionValueSource(flag) ?? "");
  const defaults = workerPodAutoscalerDefaults(flags, isSet);
  const queueSources = parseQueueServices(flags.queueServices);
  const notify = notifyTerms(flags);
  const connection = await asUserError(() => findConnection({ path: flags.kubeConfig }));
  const userAgent = `muster/${version}`;
  const observe = metrics.apiCalled;
  const heartbeat = new Heartbeat();
  heartbeat.start();
  const leadership = await createLeadership(flags, { connection, heartbeat, userAgent, log, observe });
  const { permit } = leadership;
  const client = new ConnectedClient(connection, { userAgent, observe, permit });
  const network = sourceNetwork(flags, isInPod());
  const namespace = flags.namespace || undefined;
  const secrets = new ClusterSecrets(client);
  const news = new WatchReporter(log);
  const { feeds: objects, statusFormats } = clusterFeeds({
    ...{ client, namespace, secrets, defaults, queueSources },
    healthChanged: news.update,
    ...(flags.keda && {
      keda: {
        namespace: flags.kedaNamespace,
        onProblem: ({ kind, message: detail }, resource) =>
          log.warn("KEDA's finalizer could not be taken off", { resource, kind, detail }),
        ...(flags.kedaTakeOver && !flags.dryRun && { takeOver: takeOverTerms(log) }),
      },
    }),
  });
  const feeds = flags.phpaConfig ? [...objects, phpaFeed(flags.phpaConfig, log)] : objects;
  const workloads = new ClusterWorkloads({ client, namespace });
  const jobs = new ClusterJobs({
    ...{ client, namespace, termsOf: jobTermsOf },
    permit: flags.dryRun ? NEVER : permit,
    onProblem({ kind, message: detail }, { namespace, name }) {
      log.warn("Jobs that ended could not be removed", { namespace, name, kind, detail });
    },
  });
  const cluster = new ClusterReporter({
    client,
    formats: statusFormats,
    isScaling: () => workloads.isScaling || jobs.isScaling,
    instance: process.env.POD_NAME ?? "muster",
    routinePerSecond: flags.k8sApiQps,
    routineBurst: flags.k8sApiBurst,
    onProblem({ kind, message: detail }, origin) {
      const { namespace, name } = origin ?? {};
      log.warn("A status or event could not be written", { namespace, name, kind, detail });
    },
  });
  const notifier = new Notifier({
    ...{ ...notify, permit, log, clock: systemClock, reporter: cluster, counted: metrics.notified },
    tools: { environment: process.env, network },
  });
  const reporter = flags.dryRun ? dryRunReporter(log) : notifier;
  const shared = new SharedThings();
  const recorded = openJournal(flags, log);
  const { journal, past } = recorded;
  const sourceType = (type: string) => SOURCES.find((source) => source.type === type);
  const tools: SourceTools = {
    now: Date.now,
    mayTouch: !flags.dryRun,
    environment: process.env,
    answerBytes: flags.maxAnswerBytes,
    network,
    share: shared.share,
  };
  const { telemetry } = metrics;
  const pods = new ClusterPods(pacedClient(client, POD_CALLS_PER_SECOND), namespace);
  const controller = new Controller({
    ...{ sourceType, tools, workloads: withJobs(workloads, jobs), telemetry, log, reporter },
    workers: new WorkerProtection({ pods, sourceType, tools, clock: systemClock, log, telemetry, reporter }),
    confirm: async ({ kind, namespace, name }, signal) =>
      (await statusFormats.get(kind)?.objects.confirm(namespace, name, signal)) ?? true,
    dryRun: flags.dryRun,
    decide: decideOnSchedule,
    recorder: journal,
    permit,
    gapEndedAt: () => heartbeat.gapEndedAt(),
  });
  metrics.follow(controller);
  metrics.followLoop(() => heartbeat.longestDelaySeconds());
  let isSynced = false;
  // A standby process may check tokens too, and protect pods.
  const reviews = new ConnectedClient(connection, { userAgent, observe });
  const by = flags.statusAuth;
  const statusAuth = by === "token" ? { by, access: new ClusterAccess(reviews) } : { by };
  const calls = pacedClient(reviews, PROTECTION_CALLS_PER_SECOND);
  const protection = flags.dryRun
    ? undefined
    : { tokens: new PodTokens(calls), pods: new ClusterPods(calls), now: Date.now };
  const waitingFor = () => (isSynced ? [] : ["the autoscalers", ...news.troubles]);
  const server = await asUserError(() =>
    startHttpServer({
      ...{ address, controller, journal, past, decide: decideOnSchedule },
      ...{ metrics, log, statusAuth, protection, waitingFor },
    }),
  );
  const stop = stopOnSignals(log);
  const watchdog = startExitWatchdog({ stopping: stop.signal, log, exit: () => process.exit() });
  const guard = surviveExceptions({ process, log, telemetry: metrics.telemetry, giveUp: () => process.exit(1) });
  const { dryRun } = flags;
  log.info("Started", { version, cluster: connection.origin, dryRun, address: server.url });
  try {
    const sink: FeedSink = {
      keep: (parsed) => controller.keep(withBusyWorkers(parsed, flags.protectBusyWorkers)),
      forget: (id) => controller.forget(id),
    };
    const synced = Promise.all(feeds.map((feed) => feed.start(sink, stop.signal).synced));
    void synced.then(() => {
      isSynced = true;
    });
    await leadership.run((leading) => {
      // A kind that may not be listed delays the others no longer than this.
      const complete = Promise.race([synced, pause(SYNC_PATIENCE_MS, leading)]).then(() => undefined);
      return controller.run(leading, stop.signal, complete);
    }, stop.signal);
  } finally {
    stop.release();
    heartbeat.stop();
    workloads.close();
    jobs.close();
    secrets.close();
    news.close();
    cluster.close();
    await Promise.all([
      notifier.close(),
      shared.close(),
      server.close(),
      client.close(),
      reviews.close(),
      recorded.close(),
    ]);
    guard.release();
    watchdog.closed();
    log.info("Stopped");
  }
}

function takeOverTerms(log: Log): NonNullable<KedaFeedOptions["takeOver"]> {
  return {
    deleted: ({ namespace, name }) => log.info("Deleted an HPA that KEDA left behind", { namespace, name }),
    onProblem: ({ namespace, name }, detail) =>
      log.warn("An HPA that KEDA left behind could not be deleted", { namespace, name, detail }),
  };
}
