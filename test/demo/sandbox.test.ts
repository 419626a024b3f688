import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ApiClient } from "../support/api-client.ts";
import { eventually } from "../support/eventually.ts";
import { BINARY, runMuster } from "../support/muster.ts";

test("the sandbox serves Muster's kinds and the examples, prints how to reach it, and ends on SIGTERM", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const kubeconfig = join(directory, "deep", "kubeconfig");
  const manifests = ["examples/deployment.yaml", "examples/worker-pod-autoscaler.yaml"];
  const words = ["sandbox", "--kubeconfig", kubeconfig, "--queue", "sms-sender", "--apply", ...manifests];
  const child = spawn(process.execPath, [BINARY, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await eventually(() => printed.includes("Ctrl-C"), "the sandbox says that it runs");
  assert.ok(printed.includes(`kubectl --kubeconfig ${kubeconfig} get deploy,wpa`));
  const url = /Kubernetes API: (\S+)/.exec(printed)?.[1] ?? "";
  assert.ok(readFileSync(kubeconfig, "utf8").includes(url));
  const api = new ApiClient({ url });
  const path = "/apis/k8s.practo.dev/v1/namespaces/default/workerpodautoscalers/example-wpa";
  assert.equal((await api.get(path)).body.spec.deploymentName, "example-deployment");
  const deployment = await api.get("/apis/apps/v1/namespaces/default/deployments/example-deployment");
  assert.equal(deployment.body.spec.replicas, 0);
  child.kill("SIGTERM");
  const [status] = await once(child, "close");
  assert.equal(status, 0);
});

test("reports user errors with exit status 2", async () => {
  const cases: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [["--port", "http"], /expected --port to be a port from 0 to 65535, got http/],
    [["--start-seconds", "-1"], /expected --start-seconds to be seconds, 0 or more, got -1/],
    [["--apply", "no-such-file.yaml"], /expected a manifest at no-such-file\.yaml/],
    [["--apply", "package.json"], /package\.json: expected a kind that the sandbox serves/],
  ];
  for (const [words, said] of cases) {
    const { status, stderr } = await runMuster(["sandbox", ...words]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, said);
  }
});
