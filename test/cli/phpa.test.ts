import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Sandbox, startSandbox } from "kube-sandbox";
import { runMuster } from "../support/muster.ts";

/** What the metric server answers: the series' newest point, or a status. */
let answer: number | "broken" = 0;
/** How old that point is, in seconds. */
let age = 60;
const graphite = createServer((_, response) => {
  if (answer === "broken") return void response.writeHead(503).end("down");
  const now = Math.floor(Date.now() / 1000);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify([
      {
        target: "lag",
        datapoints: [
          [answer, now - age],
          [null, now],
        ],
      },
    ]),
  );
});
const folder = mkdtempSync(join(tmpdir(), "muster-phpa-"));
let sandbox: Sandbox;

before(async () => {
  sandbox = await startSandbox({ pods: false });
  sandbox.writeKubeconfig(join(folder, "kubeconfig"));
  await new Promise<void>((resolve) => graphite.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  graphite.close();
  graphite.closeAllConnections();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

function deploy(name: string, replicas: number): void {
  sandbox.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: worker, image: example }] }`);
}

const replicasOf = (name: string) =>
  (sandbox.store.get("deployments.apps", "default", name)?.spec as { replicas?: number })?.replicas;

function phpaFile(name: string, changes = ""): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `version: 'v1'
kind: 'PHPAConfig'
actionCooldown: '60'
interval: '60'
up_step_size: '2'
deployment:
  name: '${name}'
  namespace: 'default'
  minReplicas: '1'
  maxReplicas: '9'
  fallbackReplicas: '7'
metric:
  name: 'lag'
  metricType: 'negative'
  metricThreshold: '100'
  metricMargin: '10'
metricServer:
  adaptor: 'graphite'
  graphite:
    host: '127.0.0.1'
    port: '${(graphite.address() as AddressInfo).port}'
    query: 'lag&from=-60min'
${changes}`,
  );
  return path;
}

const evaluate = (file: string, ...more: string[]) =>
  runMuster(["phpa", "-f", file, "--kube-config", join(folder, "kubeconfig"), ...more]);

test("one evaluation scales one step up and says why", async () => {
  deploy("busy", 3);
  answer = 500;
  const { status, stdout, stderr } = await evaluate(phpaFile("busy"));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^default\/busy: scaled 3 -> 5 replicas\n.*500/s);
  assert.equal(replicasOf("busy"), 5);
});

test("inside the band there is nothing to do, and that is no failure", async () => {
  deploy("calm", 3);
  answer = 110;
  const { status, stdout } = await evaluate(phpaFile("calm"), "-o", "json");
  assert.equal(status, 0);
  const { direction, acted, desiredReplicas } = JSON.parse(stdout);
  assert.deepEqual({ direction, acted, desiredReplicas }, { direction: "none", acted: false, desiredReplicas: 3 });
});

test("a dry run, by the file unquoted or by the option, decides and writes nothing", async () => {
  deploy("watched", 3);
  answer = 500;
  const before = sandbox.audit.writes();
  const byFile = await evaluate(phpaFile("watched", "dryRun: true\n"));
  const byOption = await evaluate(phpaFile("watched"), "--dry-run");
  for (const { status, stdout } of [byFile, byOption]) {
    assert.equal(status, 0);
    assert.match(stdout, /would scale 3 -> 5 replicas/);
  }
  assert.equal(sandbox.audit.writes(), before);
});

test("an unreadable metric moves one step toward the fallback; without a fallback the evaluation fails", async () => {
  deploy("blind", 3);
  answer = "broken";
  const fallback = await evaluate(phpaFile("blind"));
  assert.equal(fallback.status, 0, fallback.stderr);
  assert.equal(replicasOf("blind"), 5);
  const none = await evaluate(phpaFile("blind", "fallbackEnabled: false\n"));
  assert.equal(none.status, 1);
  assert.match(none.stderr, /the metric cannot be read: Unavailable/);
  assert.equal(replicasOf("blind"), 5);
});

test("a point that is too old, or in the future, counts as an unreadable metric", async (t) => {
  deploy("dated", 3);
  answer = 500;
  t.after(() => {
    age = 60;
  });
  for (const [seconds, said] of [
    [7_200, /longer than the 600 s it stays fresh/],
    [-3_600, /dated 3\d\d\d s in the future/],
  ] as const) {
    age = seconds;
    const none = await evaluate(phpaFile("dated", "fallbackEnabled: false\n"));
    assert.equal(none.status, 1, none.stdout);
    assert.match(none.stderr, said);
    const before = replicasOf("dated") ?? 0;
    const fallback = await evaluate(phpaFile("dated"));
    assert.equal(fallback.status, 0, fallback.stderr);
    assert.match(fallback.stdout, said);
    assert.equal(replicasOf("dated"), Math.min(7, before + 2));
  }
});

test("exits with 2 on a wrong file and names line, column and remedy; with 1 on a missing Deployment", async () => {
  const nowhere = await evaluate(join(folder, "nowhere.yaml"));
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.stderr, /nowhere\.yaml: cannot be read: ENOENT/);
  const typo = join(folder, "typo.yaml");
  writeFileSync(typo, "kind: PHPAConfig\ndeployment:\n  name: x\n  minReplica: 1\n");
  const { status, stderr } = await evaluate(typo);
  assert.equal(status, 2);
  assert.match(stderr, /typo\.yaml:4:3: deployment\.minReplica.*did you mean `minReplicas`/);
  answer = 500;
  const missing = await evaluate(phpaFile("missing"));
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /missing/);
});
