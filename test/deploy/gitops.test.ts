import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { KUBECTL, kubectl } from "../support/kubectl.ts";
import { HELM, helm } from "../support/servers/helm.ts";
import { temporaryFolder } from "../support/servers/server-process.ts";

describe("docs/gitops.md, on a real API server", {
  skip: controlPlaneSkip() || KUBECTL.skip || HELM.skip,
  timeout: 300_000,
}, () => {
  let plane: ControlPlane;
  let client: Awaited<ReturnType<typeof clusterClient>>;
  let objects: Objects;
  let minor: number;

  before(async () => {
    plane = await startControlPlane();
    client = await clusterClient(plane);
    objects = objectsOf(client);
    minor = Number.parseInt(((await objects.get("/version")) as { minor: string }).minor, 10);
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });

  /** As the controller writes it. */
  const scale = (name: string, replicas: number) =>
    objects.patch(`/apis/apps/v1/namespaces/default/deployments/${name}/scale?fieldManager=muster`, {
      spec: { replicas },
    });
  const replicasOf = async (name: string) =>
    Number(await kubectl(plane, "get", "deployment", name, "-o", "jsonpath={.spec.replicas}"));
  const write = (folder: string, name: string, spec: object) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(deployment(name, spec)));
    return file;
  };

  for (const [way, words] of [
    ["kubectl apply", []],
    ["kubectl apply --server-side", ["--server-side"]],
  ] as const) {
    test(`${way} of a manifest without replicas leaves the number alone`, async (context) => {
      const name = words.length === 0 ? "client" : "server";
      const folder = await temporaryFolder(context);
      await kubectl(plane, "apply", ...words, "-f", write(folder, name, {}));
      await scale(name, 7);
      await kubectl(plane, "apply", ...words, "-f", write(folder, name, { minReadySeconds: 5 }));
      assert.equal(await replicasOf(name), 7);
    });
  }

  test("on the server's side a manifest with replicas conflicts with muster, and without the line the number stays", async (context) => {
    // Before 1.22 writes of the scale subresource are not noted.
    if (minor < 22) return;
    const folder = await temporaryFolder(context);
    const apply = (spec: object) => kubectl(plane, "apply", "--server-side", "-f", write(folder, "owned", spec));
    await apply({ replicas: 1 });
    await scale("owned", 7);
    await assert.rejects(apply({ replicas: 1 }), /conflict with "muster".*\.spec\.replicas/s);
    await apply({});
    assert.equal(await replicasOf("owned"), 7);
  });

  test("helm upgrade of a chart without replicas leaves the number alone", async (context) => {
    const folder = await temporaryFolder(context);
    writeFileSync(join(folder, "Chart.yaml"), "{apiVersion: v2, name: worker, version: 1.0.0}");
    writeFileSync(join(folder, "values.yaml"), "{more: {}}");
    mkdirSync(join(folder, "templates"));
    const upgrade = async (spec: object) => {
      write(join(folder, "templates"), "packed", spec);
      await helm("upgrade", "--install", "worker", folder, "--kubeconfig", plane.kubeconfigPath);
    };
    await upgrade({});
    await scale("packed", 7);
    await upgrade({ minReadySeconds: 5 });
    assert.equal(await replicasOf("packed"), 7);
  });
});

function deployment(name: string, spec: object): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: "worker" }] } };
  const metadata = { name, namespace: "default" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}
