import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { controlPlaneSkip, startControlPlane } from "./control-plane.ts";
import { requirement } from "./requirement.ts";

const kubectl = requirement("kubectl", "apt install kubernetes-client, or see kubernetes.io/docs/tasks/tools");

test("a control plane starts, survives a killed API server with its data, and leaves nothing behind", {
  skip: controlPlaneSkip() || kubectl.skip,
  timeout: 120_000,
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
