import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { KUBECTL, kubectl } from "../support/kubectl.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { startServer } from "../support/server-process.ts";
import { eventually } from "../support/waiting.ts";

const TOKEN = "muster-token";
const GROUPS = "system:serviceaccounts,system:serviceaccounts:muster,system:authenticated";

test("with the permissions of deploy/install.yaml, deploy/secret-reader.yaml for one Secret and deploy/job-runner.yaml, everything works and is said", {
  skip: controlPlaneSkip() || KUBECTL.skip || BEANSTALKD.skip,
  timeout: 180_000,
}, async (context) => {
  const user = `${TOKEN},system:serviceaccount:muster:muster,muster,"${GROUPS}"`;
  const plane = await startControlPlane({ users: [user] });
  context.after(() => plane.stop());
  const beanstalkd = await BeanstalkdServer.start(context);
  const shop = await scriptedHttp(({ headers }) =>
    headers.authorization === "Bearer open-sesame" ? { body: { orders: 25 } } : { status: 401 },
  );
  context.after(() => shop.close());
  await kubectl(plane, "apply", "-f", "deploy/crds.yaml", "-f", "deploy/install.yaml");
  for (const crd of ["workerpodautoscalers.k8s.practo.dev", "workerautoscalers.muster.dev"]) {
    await kubectl(plane, "wait", "--for=condition=Established", `crd/${crd}`);
  }
  await kubectl(plane, "create", "namespace", "shop");
  await kubectl(plane, "apply", "-f", "deploy/secret-reader.yaml");
  await kubectl(
    plane,
    "create",
    "secret",
    "generic",
    "redis-password",
    "-n",
    "shop",
    "--from-literal=password=open-sesame",
  );
  await kubectl(plane, "create", "deployment", "mailer", "--image=worker", "--replicas=0");
  create(plane, queueAutoscaler(`beanstalk://127.0.0.1:${beanstalkd.port}/mails`));
  create(plane, statefulSet("clerk"));
  create(plane, workerAutoscaler("clerk", { url: shop.url, path: "orders", bearerToken: keyOf("redis-password") }));

  const log = join(plane.directory, "muster.log");
  const words = ["run", "--kube-config", kubeconfigOf(plane), "--lease-namespace", "muster"];
  words.push("--metrics-port", `127.0.0.1:${await freePort()}`);
  const muster = startServer(process.execPath, ["bin/muster.js", ...words], log);
  context.after(() => muster.stop());
  const get = (what: string, path: string) =>
    kubectl(plane, "get", ...what.split(" "), "--ignore-not-found", "-o", `jsonpath=${path}`);
  const ready = (field: string) => `{.status.conditions[?(@.type=="Ready")].${field}}`;
  await becomes(() => get("lease -n muster muster", "{.spec.holderIdentity}"), /./);
  await (await beanstalkd.client(context)).put("mails");

  await becomes(() => get("deployment mailer", "{.spec.replicas}"), /^1$/);
  await becomes(() => get("wpa mailer", ready("status")), /^True$/);
  await becomes(() => get("events", "{.items[*].reason}"), /SuccessfulRescale/);
  await becomes(() => get("statefulset -n shop clerk", "{.spec.replicas}"), /^3$/);
  await becomes(() => get("wa -n shop clerk", ready("status")), /^True$/);
  assert.doesNotMatch(readFileSync(log, "utf8"), /forbidden/i);

  create(plane, workerAutoscaler("unread", { url: shop.url, path: "orders", bearerToken: keyOf("not-granted") }));
  await becomes(
    () => get("wa -n shop unread", ready("message")),
    /signals\[0\]\.source\.http\.bearerToken: .*"not-granted".*no permission to read it.*secret-reader\.yaml/,
  );
  create(plane, jobAutoscaler("film", { url: shop.url, path: "orders", bearerToken: keyOf("redis-password") }));
  await becomes(
    () => get("wa -n shop film", ready("message")),
    /cannot (list|watch) resource "jobs".*job-runner\.yaml/,
  );
  await kubectl(plane, "apply", "-f", "deploy/job-runner.yaml");
  await becomes(() => get("wa -n shop film", "{.status.currentReplicas}"), /^3$/);
  await becomes(() => get("jobs -n shop", "{.items[*].metadata.name}"), /^film-\w{8}-1 film-\w{8}-2 film-\w{8}-3$/);
  await becomes(() => get("wa -n shop film", ready("status")), /^True$/);
  await muster.stop("SIGTERM");
  assert.equal(await get("lease -n muster muster", "{.spec.holderIdentity}"), "");
});

function queueAutoscaler(queueURI: string): object {
  return {
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name: "mailer", namespace: "default" },
    spec: { minReplicas: 0, maxReplicas: 10, targetMessagesPerWorker: 10, deploymentName: "mailer", queueURI },
  };
}

function workerAutoscaler(name: string, http: object): object {
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name, namespace: "shop" },
    spec: {
      scaleTargetRef: { kind: "StatefulSet", name },
      maxReplicas: 10,
      signals: [{ name: "orders", source: { http }, perReplica: { value: 10 } }],
    },
  };
}

/** Jobs that keep nothing when they have ended. */
function jobAutoscaler(name: string, http: object): object {
  const pod = { restartPolicy: "Never", containers: [{ name, image: "worker" }] };
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name, namespace: "shop" },
    spec: {
      jobTemplate: { spec: { template: { spec: pod } } },
      maxReplicas: 10,
      signals: [{ name: "orders", source: { http }, perReplica: { value: 10 } }],
    },
  };
}

function statefulSet(name: string): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: "worker" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace: "shop" },
    spec: { replicas: 0, serviceName: name, selector: { matchLabels: labels }, template },
  };
}

function keyOf(name: string): object {
  return { secretRef: { name, key: "password" } };
}

function create(plane: ControlPlane, object: object): void {
  const words = ["--kubeconfig", plane.kubeconfigPath, "create", "-f", "-"];
  execFileSync(KUBECTL.path ?? "", words, { input: JSON.stringify(object) });
}

function becomes(read: () => Promise<string>, wanted: RegExp): Promise<void> {
  return eventually(async () => assert.match(await read(), wanted));
}

/** The administrator's kubeconfig with the service account's token. */
function kubeconfigOf(plane: ControlPlane): string {
  const path = join(plane.directory, "muster.kubeconfig");
  writeFileSync(path, readFileSync(plane.kubeconfigPath, "utf8").replaceAll(plane.token, TOKEN), { mode: 0o600 });
  return path;
}
