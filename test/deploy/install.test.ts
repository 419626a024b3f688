import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { canI, KUBECTL, kubectl } from "../support/kubectl.ts";

const MUSTER = "system:serviceaccount:muster:muster";

const CRDS = ["crd/workerpodautoscalers.k8s.practo.dev", "crd/workerautoscalers.muster.dev"];
const VERSIONS = 'jsonpath={range .items[*]}{.kind}{" "}{.metadata.resourceVersion}{"\\n"}{end}';

/** As `kubectl auth can-i` takes them. */
const MAY = [
  "list workerpodautoscalers.k8s.practo.dev --all-namespaces",
  "watch workerpodautoscalers.k8s.practo.dev --all-namespaces",
  "patch workerpodautoscalers.k8s.practo.dev --subresource=status -n shop",
  "list deployments.apps --all-namespaces",
  "watch deployments.apps --all-namespaces",
  "get deployments.apps --subresource=scale -n shop",
  "patch deployments.apps --subresource=scale -n shop",
  "list replicasets.apps --all-namespaces",
  "watch replicasets.apps --all-namespaces",
  "get replicasets.apps --subresource=scale -n shop",
  "patch replicasets.apps --subresource=scale -n shop",
  "watch statefulsets.apps --all-namespaces",
  "patch statefulsets.apps --subresource=scale -n shop",
  "watch workerautoscalers.muster.dev --all-namespaces",
  "patch workerautoscalers.muster.dev --subresource=status -n shop",
  "list horizontalpodautoscalers.autoscaling --all-namespaces",
  "watch horizontalpodautoscalers.autoscaling --all-namespaces",
  "create events -n shop",
  "patch events -n shop",
  "create leases.coordination.k8s.io -n muster",
  "get leases.coordination.k8s.io/muster -n muster",
  "watch leases.coordination.k8s.io/muster -n muster",
  "update leases.coordination.k8s.io/muster -n muster",
];

const MAY_NOT = [
  "* * --all-namespaces",
  "get secrets -n muster",
  "get secrets/muster-aws -n muster",
  "list secrets --all-namespaces",
  "get configmaps -n shop",
  "list pods -n shop",
  "delete pods -n shop",
  "create pods -n shop",
  "create pods --subresource=exec -n shop",
  "patch deployments.apps -n shop",
  "update deployments.apps -n shop",
  "delete deployments.apps -n shop",
  "create deployments.apps -n shop",
  "patch deployments.apps --subresource=status -n shop",
  "patch replicasets.apps -n shop",
  "patch statefulsets.apps -n shop",
  "patch workerautoscalers.muster.dev -n shop",
  "patch workerpodautoscalers.k8s.practo.dev -n shop",
  "delete workerpodautoscalers.k8s.practo.dev -n shop",
  "patch horizontalpodautoscalers.autoscaling -n shop",
  "watch leases.coordination.k8s.io -n muster",
  "get leases.coordination.k8s.io/other -n muster",
  "update leases.coordination.k8s.io/muster -n shop",
  "delete leases.coordination.k8s.io/muster -n muster",
  "list nodes",
  "list namespaces",
  "patch customresourcedefinitions.apiextensions.k8s.io",
  "create serviceaccounts --subresource=token -n muster",
  "impersonate users",
  "bind clusterroles.rbac.authorization.k8s.io",
  "escalate clusterroles.rbac.authorization.k8s.io",
];

describe("deploy/install.yaml on a real API server", {
  skip: controlPlaneSkip() || KUBECTL.skip,
  timeout: 500_000,
}, () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await startControlPlane();
    await kubectl(plane, "apply", "-f", "deploy/crds.yaml", "-f", "deploy/install.yaml");
  });

  after(() => plane?.stop());

  test("is applied a second time without a change", async () => {
    await kubectl(plane, "wait", "--for=condition=Established", ...CRDS);
    const both = ["-f", "deploy/crds.yaml", "-f", "deploy/install.yaml"];
    const versions = () => kubectl(plane, "get", ...both, "-o", VERSIONS);
    const before = await versions();
    await kubectl(plane, "apply", ...both);
    assert.equal(await versions(), before);
  });

  test("lets the controller do what it does, and nothing else", async () => {
    const answers = async (questions: readonly string[]) => {
      const allowed: string[] = [];
      for (const question of questions) {
        if (await canI(plane, MUSTER, ...question.split(" "))) allowed.push(question);
      }
      return allowed;
    };
    assert.deepEqual(await answers(MAY), MAY);
    assert.deepEqual(await answers(MAY_NOT), []);
  });

  test("serves the examples", async () => {
    await kubectl(plane, "wait", "--for=condition=Established", ...CRDS);
    for (const file of readdirSync("examples").filter(isManifest)) {
      await kubectl(plane, "apply", "-f", join("examples", file));
    }
    const table = await kubectl(plane, "get", "wpa");
    assert.match(table, /^NAME +TARGET +QUEUE LENGTH +CURRENT +DESIRED +MIN +MAX +READY +REASON +DECIDED +AGE\n/);
    assert.match(table, /\nexample-wpa +example-deployment +0 +10 /);
  });

  test("is deleted without a CRD, an autoscaler or the namespace", async () => {
    await kubectl(plane, "delete", "--wait=false", "-f", "deploy/install.yaml");
    assert.match(await kubectl(plane, "get", "wpa", "-o", "name"), /example-wpa/);
    assert.equal(await kubectl(plane, "-n", "muster", "get", "deployment,serviceaccount", "-o", "name"), "");
    await kubectl(plane, "apply", "-f", "deploy/install.yaml");
  });

  test("is the same as a base of kustomize", async () => {
    const names = (text: string) =>
      parseAllDocuments(text)
        .map((document) => document.toJS())
        .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    const built = await promisify(execFile)(KUBECTL.path ?? "", ["kustomize", "deploy"], { maxBuffer: 2 ** 24 });
    const files = ["deploy/crds.yaml", "deploy/install.yaml"].map((file) => readFileSync(file, "utf8"));
    assert.deepEqual(names(built.stdout).sort(), files.flatMap(names).sort());
    await kubectl(plane, "apply", "-k", "deploy");
  });
});

/** PHPA's files lie among the examples too, and are no objects of a cluster. */
function isManifest(file: string): boolean {
  return file.endsWith(".yaml") && readFileSync(join("examples", file), "utf8").includes("apiVersion:");
}
