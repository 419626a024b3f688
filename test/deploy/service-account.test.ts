import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { KUBECTL, kubectl } from "../support/kubectl.ts";
import { startServer } from "../support/server-process.ts";
import { eventually } from "../support/waiting.ts";

const TOKEN = "muster-token";
const GROUPS = "system:serviceaccounts,system:serviceaccounts:kube-system,system:authenticated";

test("with the permissions of deploy/install.yaml alone, a job wakes a worker and everything is said", {
  skip: controlPlaneSkip() || KUBECTL.skip || BEANSTALKD.skip,
  timeout: 120_000,
}, async (context) => {
  const user = `${TOKEN},system:serviceaccount:kube-system:muster,muster,"${GROUPS}"`;
  const plane = await startControlPlane({ users: [user] });
  context.after(() => plane.stop());
  const beanstalkd = await BeanstalkdServer.start(context);
  await kubectl(plane, "apply", "-f", "deploy/install.yaml");
  await kubectl(plane, "wait", "--for=condition=Established", "crd/workerpodautoscalers.k8s.practo.dev");
  await kubectl(plane, "create", "deployment", "mailer", "--image=worker", "--replicas=0");
  create(plane, {
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name: "mailer", namespace: "default" },
    spec: {
      minReplicas: 0,
      maxReplicas: 10,
      targetMessagesPerWorker: 10,
      deploymentName: "mailer",
      queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/mails`,
    },
  });

  const log = join(plane.directory, "muster.log");
  const words = ["run", "--kube-config", kubeconfigOf(plane), "--metrics-port", `127.0.0.1:${await freePort()}`];
  const muster = startServer(process.execPath, ["bin/muster.js", ...words], log);
  context.after(() => muster.stop());
  const get = (what: string, path: string) =>
    kubectl(plane, "get", ...what.split(" "), "--ignore-not-found", "-o", `jsonpath=${path}`);
  await becomes(() => get("lease -n kube-system muster", "{.spec.holderIdentity}"), /./);
  await (await beanstalkd.client(context)).put("mails");

  await becomes(() => get("deployment mailer", "{.spec.replicas}"), /^1$/);
  await becomes(() => get("wpa mailer", '{.status.conditions[?(@.type=="Ready")].status}'), /^True$/);
  await becomes(() => get("events", "{.items[*].reason}"), /SuccessfulRescale/);
  await muster.stop("SIGTERM");
  assert.equal(await get("lease -n kube-system muster", "{.spec.holderIdentity}"), "");
  assert.doesNotMatch(readFileSync(log, "utf8"), /forbidden/i);
});

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
