import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { atEnd } from "../support/at-end.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers } from "../support/end-to-end/worker-autoscalers.ts";
import { type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

/** As much of a CloudEvent as is looked at. */
interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: {
    readonly reason: string;
    readonly message: string;
    readonly severity: string;
    readonly count: number;
  };
}

const KIND = "WorkerAutoscaler/default";

describe("what the real program tells real receivers", { timeout: 150_000 }, () => {
  let stage: Stage;
  let muster: MusterProcess;
  let receiver: ScriptedHttp;
  let slack: ScriptedHttp;
  let tenants: ScriptedHttp;
  let queued = 20;
  let isReadable = true;

  before(async () => {
    stage = await Stage.open(SANDBOX);
    await installWorkerAutoscalers(stage);
    const accepting = () => scriptedHttp(() => ({ status: 202 }));
    [receiver, slack, tenants] = await Promise.all([accepting(), accepting(), accepting()]);
    const shop = await scriptedHttp(() => (isReadable ? { body: { value: queued } } : { status: 500 }));
    for (const server of [receiver, slack, tenants, shop]) stage.after(() => server.close());
    const signals = [
      {
        name: "orders",
        source: { http: { url: `${shop.url}/`, path: "value" } },
        perReplica: { value: 10 },
        whenMissing: "Fallback",
      },
    ];
    await stage.deployment("mailer");
    await createWorkerAutoscaler(stage, "mailer", {
      maxReplicas: 5,
      signals,
      fallback: { replicas: 4, afterSeconds: 1 },
    });
    muster = await stage.run(["--notify", `${receiver.url}/hook, slack+${slack.url}/services/T0/B0/secret`]).ready();
    await scaledTo(stage, "mailer", 2);
  });
  after(() => stage?.close());

  const events = (at = receiver): readonly CloudEvent[] => at.requests.map(({ body }) => JSON.parse(body));
  const told = (type: string, name = "mailer") =>
    eventually(async () => {
      const found = events().find(
        (event) => event.type === `dev.muster.autoscaler.${type}` && event.subject === `${KIND}/${name}`,
      );
      assert.ok(
        found,
        `${type} among ${events()
          .map((event) => `${event.type} ${event.subject}`)
          .join(", ")}`,
      );
      return found;
    });

  test("a scaling is a CloudEvent in structured mode, in the words of its Kubernetes event", async () => {
    const event = await told("scaled");
    const [request] = receiver.requests;
    assert.equal(request?.method, "POST");
    assert.equal(request?.url.pathname, "/hook");
    assert.match(String(request?.headers["content-type"]), /^application\/cloudevents\+json/);
    assert.equal(event.specversion, "1.0");
    assert.equal(event.source, "/muster");
    assert.match(event.time, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual([event.data.reason, event.data.severity], ["SuccessfulRescale", "normal"]);
    const { items } = (await stage.objects.get("/api/v1/namespaces/default/events")) as {
      items: { message: string }[];
    };
    assert.ok(
      items.some(({ message }) => message === event.data.message),
      event.data.message,
    );
  });

  test("at the upper bound, an unreadable signal, the fallback and the recovery are told", async () => {
    queued = 900;
    assert.equal((await told("at-max")).data.reason, "TooManyReplicas");
    isReadable = false;
    assert.match((await told("unreadable")).data.message, /orders: /);
    assert.equal((await told("fallback")).data.reason, "FallbackInForce");
    isReadable = true;
    assert.match((await told("recovered")).data.message, / is over: /);
    const ids = events().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("two autoscalers on one workload are told as contested", async () => {
    await createWorkerAutoscaler(stage, "second", {
      scaleTargetRef: { kind: "Deployment", name: "mailer" },
      signals: [{ name: "one", source: { constant: { value: 1 } }, perReplica: { value: 1 } }],
    });
    assert.equal((await told("contested", "second")).data.reason, "WorkloadClaimed");
    assert.equal((await told("contested", "mailer")).data.reason, "WorkloadContested");
  });

  test("Slack gets lines of its own form, several in one message", async () => {
    await eventually(async () => {
      const lines = slack.requests.flatMap(({ body }) => (JSON.parse(body) as { text: string }).text.split("\n"));
      assert.ok(
        lines.some((line) => /^:arrows_counterclockwise: \*default\/mailer\* scaled.*: New size: /.test(line)),
        lines.join("\n"),
      );
      assert.ok(
        lines.some((line) => /^:warning: \*default\/mailer\* unreadable.*: orders: /.test(line)),
        lines.join("\n"),
      );
    });
  });

  test("an object's annotation has its own notifications sent elsewhere too, and its author hears where that fails", async () => {
    await stage.deployment("loud");
    const beanstalkd = await stage.beanstalkd();
    const annotated = (name: string, notify: string) => ({
      apiVersion: "k8s.practo.dev/v1",
      kind: "WorkerPodAutoScaler",
      metadata: { name, annotations: { "muster.dev/notify": notify } },
      spec: {
        ...{ minReplicas: 1, maxReplicas: 2, deploymentName: name, targetMessagesPerWorker: 1 },
        queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`,
      },
    });
    await stage.objects.create(groupPath("default"), annotated("loud", `${tenants.url}/tenant`));
    await eventually(async () => {
      assert.deepEqual(
        [...new Set(events(tenants).map(({ subject }) => subject))],
        ["WorkerPodAutoScaler/default/loud"],
      );
    });
    const refusing = await scriptedHttp(() => ({ status: 410 }));
    stage.after(() => refusing.close());
    await stage.deployment("refused");
    await stage.objects.create(groupPath("default"), annotated("refused", `${refusing.url}/gone`));
    await eventually(async () => {
      const { items } = (await stage.objects.get("/api/v1/namespaces/default/events")) as {
        items: { reason: string; message: string }[];
      };
      const event = items.find(({ reason }) => reason === "NotificationFailed");
      assert.match(event?.message ?? "", /^1 could not be delivered to 127\.0\.0\.1:\d+: it answered 410$/);
    });
    assert.ok(refusing.requests.length >= 1);
  });

  test("deliveries are counted, and the log names no address", async () => {
    const { text } = await muster.get("/metrics");
    assert.match(text, /^muster_notifications_total\{outcome="sent"\} [1-9]/m);
    assert.match(text, /^muster_notifications_total\{outcome="failed"\} [1-9]/m);
    assert.ok(!JSON.stringify(muster.lines()).includes("secret"), "the log has the path of a receiver");
  });
});

test("of two processes only the one that leads tells, and after it is killed the other one does", {
  timeout: 120_000,
}, async (t) => {
  const stage = await Stage.open(SANDBOX);
  atEnd(t, () => stage.close());
  await installWorkerAutoscalers(stage);
  let queued = 20;
  const [receiver, shop] = await Promise.all([
    scriptedHttp(() => ({ status: 204 })),
    scriptedHttp(() => ({ body: { value: queued } })),
  ]);
  for (const server of [receiver, shop]) stage.after(() => server.close());
  await stage.deployment("mailer");
  await createWorkerAutoscaler(stage, "mailer", {
    signals: [{ name: "orders", source: { http: { url: `${shop.url}/`, path: "value" } }, perReplica: { value: 10 } }],
  });
  const start = (name: string) =>
    stage
      .run([
        "--leader-elect",
        "--lease-namespace",
        "default",
        "--notify",
        `${receiver.url}/`,
        "--notify-types",
        "scaled",
        "--notify-source",
        `/${name}`,
      ])
      .ready();
  const first = await start("first");
  await first.saying("Acting");
  await start("second");
  const told = () =>
    receiver.requests.map(({ body }) => {
      const { source, data } = JSON.parse(body) as CloudEvent;
      return `${source} ${/^New size: \d+/.exec(data.message)?.[0]}`;
    });
  await scaledTo(stage, "mailer", 2);
  await eventually(async () => assert.deepEqual(told(), ["/first New size: 2"]));
  await first.stop("SIGKILL");
  queued = 40;
  await scaledTo(stage, "mailer", 4);
  await eventually(async () => assert.deepEqual(told(), ["/first New size: 2", "/second New size: 4"]));
});
