import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterPods } from "../../src/kubernetes/pods/cluster-pods.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { freePort } from "../support/free-port.ts";
import { BINARY } from "../support/muster.ts";
import { requirement } from "../support/requirement.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { eventually } from "../support/waiting.ts";

const DEFAULT = "/api/v1/namespaces/default";
const SIGNAL = new AbortController().signal;
const GO = requirement("go", "install Go to try the example in Go");
const CURL = requirement("curl", "install curl to try the example in shell");
const PYTHON = requirement("python3", "install Python to try the example in Python");

const EXAMPLES = [
  { name: "node", words: [process.execPath, "examples/protection/worker.mjs"], skip: false },
  { name: "python", words: [PYTHON.path ?? "", "examples/protection/worker.py"], skip: PYTHON.skip },
  { name: "shell", words: ["bash", "examples/protection/worker.sh"], skip: CURL.skip },
  { name: "go", words: ["examples/protection/worker.go"], skip: GO.skip },
] as const;

describe("examples of workers that protect themselves, with a leader and a standby", {
  skip: controlPlaneSkip(["etcd", "kube-apiserver"]),
  timeout: 300_000,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "protection-"));
  const replicas: { readonly url: string; readonly process: ServerProcess }[] = [];
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;
  let pods: ClusterPods;

  before(async () => {
    plane = await startControlPlane();
    client = await clusterClient(plane);
    objects = objectsOf(client);
    pods = new ClusterPods(client);
    await objects.create(`${DEFAULT}/serviceaccounts`, { metadata: { name: "worker" } });
    for (const name of ["leader", "standby"]) {
      const address = `127.0.0.1:${await freePort()}`;
      const words = ["run", "--kube-config", plane.kubeconfigPath, "--metrics-port", address, "--identity", name];
      const log = join(folder, `${name}.log`);
      replicas.push({ url: `http://${address}`, process: startServer(process.execPath, [BINARY, ...words], log) });
      await eventually(async () => void (await fetch(`http://${address}/healthz`)));
    }
  });
  after(async () => {
    for (const { process } of replicas) await process.stop();
    await client?.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The path of the pod's token. */
  async function newPod(name: string): Promise<string> {
    const spec = { serviceAccountName: "worker", containers: [{ name: "worker", image: "worker" }] };
    const made = await objects.create(`${DEFAULT}/pods`, { metadata: { name }, spec });
    const { uid } = (made as { metadata: { uid: string } }).metadata;
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
    const request = { spec: { audiences: ["muster.dev"], expirationSeconds: 600, boundObjectRef } };
    const answer = await objects.create(`${DEFAULT}/serviceaccounts/worker/token`, request);
    const path = join(folder, `${name}.token`);
    writeFileSync(path, `${(answer as { status: { token: string } }).status.token}\n`);
    return path;
  }

  async function compile(name: string, words: readonly string[]): Promise<readonly string[]> {
    if (name !== "go") return words;
    const program = join(folder, "worker-go");
    const compiling = spawn(GO.path ?? "", ["build", "-o", program, ...words], { stdio: "inherit" });
    assert.deepEqual(await once(compiling, "exit"), [0, null]);
    return [program];
  }

  function startWorker([command = "", ...words]: readonly string[], musterUrl: string, tokenPath: string) {
    const env = { ...process.env, MUSTER_URL: musterUrl, MUSTER_TOKEN_FILE: tokenPath, PROTECT_SECONDS: "3" };
    const child = spawn(command, words, { env, stdio: ["pipe", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
    const exited = once(child, "exit");
    return {
      texts,
      take: (message: string) => void child.stdin.write(`${message}\n`),
      end: () => void child.stdin.end(),
      kill: () => void child.kill("SIGKILL"),
      terminate: () => void child.kill("SIGTERM"),
      exitCode: async () => (await exited)[0] as number | null,
      says: (line: string) =>
        eventually(async () => assert.ok(texts.stdout.includes(`${line}\n`), JSON.stringify(texts))),
    };
  }

  for (const [index, { name, words, skip }] of EXAMPLES.entries()) {
    test(`${name}: protects its pod while it works, gives back what it may not begin, and ends after its work`, {
      skip,
    }, async (context) => {
      const tokenPath = await newPod(name);
      const { url } = replicas[index % replicas.length] ?? assert.fail("no replica");
      const worker = startWorker(await compile(name, words), url, tokenPath);
      context.after(worker.kill);
      const find = async () => (await pods.find({ namespace: "default", name }, SIGNAL)) ?? assert.fail("no pod");

      worker.take("first 5");
      await worker.says("began first 5");
      const { protectedUntil } = await find();
      assert.ok(typeof protectedUntil === "number" && protectedUntil > Date.now());
      await eventually(async () => assert.ok(Number((await find()).protectedUntil) > protectedUntil), {
        patienceMs: 4_500,
      });
      await worker.says("finished first 5");
      await eventually(async () => assert.equal((await find()).protectedUntil, undefined));

      const marked = await pods.mark("default", await find(), -5, SIGNAL);
      assert.ok(marked);
      worker.take("second 0.1");
      await worker.says("gave back second 0.1");
      await pods.mark("default", marked, undefined, SIGNAL);

      worker.take("third 1");
      await worker.says("began third 1");
      worker.terminate();
      await worker.says("finished third 1");
      assert.equal(await worker.exitCode(), 0);
      assert.equal(worker.texts.stderr, "");
      assert.equal((await find()).protectedUntil, undefined);
    });

    test(`${name}: works without Muster, and says that it is not protected`, { skip }, async (context) => {
      const worker = startWorker(
        await compile(name, words),
        `http://127.0.0.1:${await freePort()}`,
        join(folder, "none"),
      );
      context.after(worker.kill);
      worker.take("alone 0.1");
      worker.end();
      await worker.says("finished alone 0.1");
      assert.equal(await worker.exitCode(), 0);
      assert.match(worker.texts.stderr, /not protected|protected/);
    });

    test(`${name}: ends at once on SIGTERM while it has no work`, { skip }, async (context) => {
      const worker = startWorker(await compile(name, words), replicas[0]?.url ?? "", join(folder, `${name}.token`));
      context.after(worker.kill);
      // It must have set its handler.
      worker.take("any 0.1");
      await worker.says("finished any 0.1");
      await eventually(async () => {
        const pod = await pods.find({ namespace: "default", name }, SIGNAL);
        assert.equal(pod?.protectedUntil, undefined);
      });
      worker.terminate();
      assert.equal(await worker.exitCode(), 0);
    });
  }
});
