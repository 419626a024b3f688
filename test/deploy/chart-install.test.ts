import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, type TestContext, test } from "node:test";
import { parse, stringify } from "yaml";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { canI, KUBECTL, kubectl } from "../support/kubectl.ts";
import { startServer } from "../support/server-process.ts";
import { CHART, HELM, helm, template } from "../support/servers/helm.ts";
import { temporaryFolder } from "../support/servers/server-process.ts";
import { eventually } from "../support/waiting.ts";
import { EVERYTHING } from "./everything.ts";

const CRDS = ["crd/workerpodautoscalers.k8s.practo.dev", "crd/workerautoscalers.muster.dev"];
const TOKEN = "controller-token";
const MUSTER = "system:serviceaccount:muster:muster";

describe("the chart on a real API server", {
  skip: HELM.skip || controlPlaneSkip() || KUBECTL.skip,
  timeout: 600_000,
}, () => {
  let plane: ControlPlane;
  let minor: number;
  const get = (...words: string[]) => kubectl(plane, "get", "--ignore-not-found", ...words);
  const onPlane = (...words: string[]) => helm(...words, "--kubeconfig", plane.kubeconfigPath);
  const install = (...words: string[]) =>
    onPlane("install", "muster", CHART, "-n", "muster", "--create-namespace", ...words);
  const uninstall = () => onPlane("uninstall", "muster", "-n", "muster", "--ignore-not-found");
  const apply = (text: string, ...words: string[]) =>
    new Promise<void>((resolve, reject) => {
      const all = ["--kubeconfig", plane.kubeconfigPath, "apply", "-f", "-", ...words];
      execFile(KUBECTL.path ?? "", all, (error) => (error ? reject(error) : resolve())).stdin?.end(text);
    });

  before(async () => {
    const groups = "system:serviceaccounts,system:serviceaccounts:muster,system:authenticated";
    plane = await startControlPlane({ users: [`${TOKEN},${MUSTER},muster,"${groups}"`] });
    minor = Number.parseInt(JSON.parse(await kubectl(plane, "get", "--raw", "/version")).minor, 10);
    for (const namespace of ["shop", "mail"]) await kubectl(plane, "create", "namespace", namespace);
  });
  afterEach(uninstall);
  after(() => plane?.stop());

  test("an upgrade updates the CRDs; an uninstall keeps them and every autoscaler, and the next install goes on", async (context) => {
    await onPlane("install", "muster", await olderChart(context), "-n", "muster", "--create-namespace");
    await kubectl(plane, "wait", "--for=condition=Established", ...CRDS);
    await apply(autoscaler("mailer", {}));
    const field = (path: string) => get("wa", "-n", "shop", "mailer", "-o", `jsonpath=${path}`);
    const protect = () => apply(autoscaler("mailer", { busyWorkers: { protect: "Always" } }), "--validate=false");
    await protect();
    assert.equal(await field("{.spec.busyWorkers}"), "");

    await onPlane("upgrade", "muster", CHART, "-n", "muster");
    assert.equal(await field("{.spec.maxReplicas}"), "10");
    await eventually(async () => {
      await protect();
      assert.equal(await field("{.spec.busyWorkers.protect}"), "Always");
    });
    const secret = await get(
      "secret",
      "-n",
      "muster",
      "-l",
      "owner=helm,version=2",
      "-o",
      "jsonpath={.items[0].data.release}",
    );
    assert.ok(secret.length < 900_000, `helm's record of the release must stay below 1 MiB, is ${secret.length}`);

    const uid = await field("{.metadata.uid}");
    await uninstall();
    assert.equal(
      await get(
        "deployment,serviceaccount,service",
        "-n",
        "muster",
        "-l",
        "app.kubernetes.io/name=muster",
        "-o",
        "name",
      ),
      "",
    );
    assert.equal(await get("clusterrole,clusterrolebinding", "-l", "app.kubernetes.io/name=muster", "-o", "name"), "");
    await install();
    assert.equal(await field("{.metadata.uid}"), uid);
  });

  test("everything at once is accepted, and so again without a change", async (context) => {
    await apply(operatorKinds(), ...(minor < 25 ? [] : ["--validate=strict"]));
    for (const kind of ["servicemonitors", "podmonitors", "prometheusrules"]) {
      await kubectl(plane, "wait", "--for=condition=Established", `crd/${kind}.monitoring.coreos.com`);
    }
    const file = join(await temporaryFolder(context), "everything.yaml");
    const { busyWorkers, ...rbac } = EVERYTHING.rbac;
    const values = { ...EVERYTHING, rbac: { ...rbac, busyWorkers: { ...busyWorkers, annotationsOnly: minor >= 30 } } };
    // Kubernetes enabled ephemeral volumes by default in 1.21.
    writeFileSync(file, JSON.stringify(minor < 21 ? { ...values, journal: {} } : values));
    await install("--values", file);
    const versions = () =>
      get(
        "all,role,clusterrole,networkpolicy,poddisruptionbudget,configmap,prometheusrule,servicemonitor",
        "-A",
        "-l",
        "helm.sh/chart",
        "-o",
        "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion} {end}",
      );
    const first = await versions();
    for (const kind of ["NetworkPolicy", "PodDisruptionBudget", "ConfigMap", "PrometheusRule", "ServiceMonitor"])
      assert.ok(first.includes(kind), kind);
    await onPlane("upgrade", "muster", CHART, "-n", "muster", "--values", file);
    assert.equal(await versions(), first);
    const rules = await get("clusterrole", "muster", "-o", "jsonpath={.rules}");
    assert.match(rules, /rollouts\/scale/);
  });

  test("in one namespace the controller may act there and nowhere else, and does", async (context) => {
    await install("--set", "flags.namespace=shop,rbac.secrets.shop={redis-password}", "--skip-crds");
    assert.deepEqual(
      await answers([
        "list workerautoscalers.muster.dev -n shop",
        "watch deployments.apps -n shop",
        "patch deployments.apps --subresource=scale -n shop",
        "list secrets/redis-password -n shop",
        "update leases.coordination.k8s.io/muster -n muster",
      ]),
      Array(5).fill(true),
    );
    assert.deepEqual(
      await answers([
        "list workerautoscalers.muster.dev --all-namespaces",
        "list deployments.apps -n mail",
        "patch deployments.apps --subresource=scale -n mail",
        "list secrets/other -n shop",
        "create events -n mail",
        "update leases.coordination.k8s.io/muster -n shop",
      ]),
      Array(6).fill(false),
    );
    await kubectl(plane, "create", "deployment", "packer", "-n", "shop", "--image=worker", "--replicas=0");
    await apply(autoscaler("packer", {}));
    const path = join(plane.directory, "controller.kubeconfig");
    writeFileSync(path, readFileSync(plane.kubeconfigPath, "utf8").replaceAll(plane.token, TOKEN), { mode: 0o600 });
    const log = join(plane.directory, "controller.log");
    const words = ["run", "--kube-config", path, "--namespace", "shop", "--lease-namespace", "muster"];
    words.push("--metrics-port", `127.0.0.1:${await freePort()}`);
    const muster = startServer(process.execPath, ["bin/muster.js", ...words], log);
    context.after(() => muster.stop());
    const ready = () =>
      get("wa", "-n", "shop", "packer", "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}');
    await eventually(async () => assert.match(await ready(), /True|False/));
    assert.equal(await get("deployment", "-n", "shop", "packer", "-o", "jsonpath={.spec.replicas}"), "2");
    assert.doesNotMatch(readFileSync(log, "utf8"), /forbidden/i);
  });

  test("what helm template prints is applied by kubectl, and helm takes an earlier installation over", async () => {
    const text = await template({ selectByInstance: false }, "--kube-version", `1.${minor}.0`);
    // helm made the CRDs here already, and kubectl takes them over too.
    await apply(text);
    await apply(text);
    await assert.rejects(install("--set", "selectByInstance=false"), /cannot be imported|ownership/);
    await install("--set", "selectByInstance=false", "--take-ownership");
    assert.match(await onPlane("status", "muster", "-n", "muster"), /STATUS: deployed/);
    await uninstall();
    assert.equal((await get(...CRDS.slice(0, 1), "-o", "name")).trim().length > 0, true);
  });

  async function answers(questions: readonly string[]): Promise<readonly boolean[]> {
    const all: boolean[] = [];
    for (const question of questions) all.push(await canI(plane, MUSTER, ...question.split(" ")));
    return all;
  }
});

/** The chart as it was before WorkerAutoscalers had busyWorkers, in the CRD's both forms. */
async function olderChart(context: TestContext): Promise<string> {
  const folder = join(await temporaryFolder(context), "muster");
  cpSync(CHART, folder, { recursive: true });
  for (const name of ["crds", "crds/cel"]) {
    const file = join(folder, `files/${name}/muster.dev_workerautoscalers.yaml`);
    const crd = parse(readFileSync(file, "utf8"));
    const { properties } = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec;
    assert.ok(properties.busyWorkers !== undefined);
    delete properties.busyWorkers;
    delete crd.spec.versions[0].schema.openAPIV3Schema.properties.spec["x-kubernetes-validations"];
    writeFileSync(file, stringify(crd, { aliasDuplicateObjects: false, compat: "yaml-1.1" }));
  }
  return folder;
}

function autoscaler(name: string, more: object): string {
  return JSON.stringify({
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name, namespace: "shop" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name },
      minReplicas: 2,
      maxReplicas: 10,
      signals: [
        { name: "orders", source: { http: { url: "http://127.0.0.1:9/", path: "n" } }, perReplica: { value: 10 } },
      ],
      ...more,
    },
  });
}

/** The Prometheus operator's kinds, of which any content is accepted. */
function operatorKinds(): string {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const kinds = ["ServiceMonitor", "PodMonitor", "PrometheusRule"].map((kind) => {
    const [singular, plural] = [kind.toLowerCase(), `${kind.toLowerCase()}s`];
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.monitoring.coreos.com` },
      spec: {
        group: "monitoring.coreos.com",
        scope: "Namespaced",
        names: { kind, listKind: `${kind}List`, singular, plural },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    };
  });
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: kinds });
}
