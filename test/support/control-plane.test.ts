import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "./control-plane.ts";
import { requirement } from "./requirement.ts";

const kubectl = requirement("kubectl", "apt install kubernetes-client, or see kubernetes.io/docs/tasks/tools");

test("a control plane starts, survives a killed API server with its data, and leaves nothing behind", {
  skip: controlPlaneSkip() || kubectl.skip,
  timeout: 500_000,
}, async () => {
  const plane = await startControlPlane();
  try {
    const run = (...args: string[]): string =>
      execFileSync(kubectl.path ?? "", ["--kubeconfig", plane.kubeconfigPath, ...args], { encoding: "utf8" });
    run("create", "namespace", "kept");
    await plane.stopApiServer();
    await plane.startApiServer();
    assert.match(run("get", "namespace", "kept", "-o", "name"), /namespace\/kept/);
  } finally {
    await plane.stop();
  }
  assert.equal(existsSync(plane.directory), false);
});

test("a control plane keeps custom resources", {
  skip: controlPlaneSkip() || kubectl.skip,
  timeout: 500_000,
}, async () => {
  const plane = await startControlPlane();
  try {
    apply(plane, THING_DEFINITION);
    kubectlOf(plane, "wait", "--for=condition=Established", "crd/things.test.muster.dev");
    for (const name of ["one", "two"]) {
      const metadata = { name, labels: { made: "here" }, annotations: { why: "maps of strings are marshalled too" } };
      apply(plane, { apiVersion: "test.muster.dev/v1", kind: "Thing", metadata, spec: { size: 3 } });
    }
    const things = JSON.parse(kubectlOf(plane, "get", "things.test.muster.dev", "-o", "json"));
    assert.deepEqual(
      things.items.map(({ metadata, spec }: Thing) => [metadata.name, metadata.labels, spec]),
      ["one", "two"].map((name) => [name, { made: "here" }, { size: 3 }]),
    );
  } finally {
    await plane.stop();
  }
});

interface Thing {
  readonly metadata: { readonly name: string; readonly labels: object };
  readonly spec: object;
}

const THING_DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.test.muster.dev" },
  spec: {
    group: "test.muster.dev",
    scope: "Namespaced",
    names: { kind: "Thing", plural: "things", singular: "thing" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
          },
        },
      },
    ],
  },
};

function kubectlOf(plane: ControlPlane, ...args: string[]): string {
  return execFileSync(kubectl.path ?? "", ["--kubeconfig", plane.kubeconfigPath, ...args], { encoding: "utf8" });
}

function apply(plane: ControlPlane, object: object): void {
  const words = ["--kubeconfig", plane.kubeconfigPath, "create", "--validate=false", "-f", "-"];
  execFileSync(kubectl.path ?? "", words, { input: JSON.stringify(object), encoding: "utf8" });
}
