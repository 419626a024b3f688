import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { placeholderFor } from "../../src/cli/shared/poll-once.ts";
import { secretNames } from "../../src/formats/source-settings.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { BEANSTALKD, BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { BINARY, runMuster } from "../support/muster.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { freePort } from "../support/scripted-tcp.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-check-"));
after(() => rmSync(folder, { recursive: true }));

function manifest(name: string, { queue = "beanstalk://127.0.0.1/jobs", target = name, more = "" } = {}): string {
  return `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata:
  name: ${name}
spec:
  minReplicas: 0
  maxReplicas: 30
  targetMessagesPerWorker: 10
  deploymentName: ${target}
  queueURI: ${queue}
${more}`;
}

async function checked(text: string, words: readonly string[] = []) {
  return runMuster(["check", "-", ...words], { input: text });
}

test("reports a valid manifest as ok", async () => {
  const { status, stdout, stderr } = await checked(manifest("a"));
  assert.deepEqual([status, stderr], [0, ""]);
  assert.equal(stdout, "ok: -: WorkerPodAutoScaler default/a\n");
});

test("each problem of each document comes with its line and column", async () => {
  const text = `${manifest("a", { more: '  maxDisruption: "10.5%"\n' })}---\n${manifest("b", { queue: "kafka://x" })}`;
  const { status, stdout } = await checked(text);
  assert.equal(status, 2);
  assert.match(stdout, /^error: -:11:3: spec\.maxDisruption: expected a percentage .* got "10\.5%"$/m);
  assert.match(stdout, /^error: -:22:3: spec\.queueURI: .*known kinds: .*beanstalkd.*sqs/m);
});

test("an unknown field is a warning, and an error under --strict", async () => {
  const text = manifest("a", { more: '  maxDisrupton: "50%"\n' });
  const lenient = await checked(text);
  assert.equal(lenient.status, 0);
  assert.match(lenient.stdout, /^warning: -:11:3: spec\.maxDisrupton: .*did you mean `maxDisruption`\?/m);
  const strict = await checked(text, ["--strict"]);
  assert.equal(strict.status, 2);
  assert.match(strict.stdout, /^error: -:11:3/m);
  assert.doesNotMatch(strict.stdout, /^ok/m);
});

test("reports text that is not YAML, empty, doubled, too large or of a misspelt kind", async () => {
  const cases: Record<string, RegExp> = {
    "a: [1": /-:1:\d+: expected YAML/,
    "": /expected a manifest, got an empty file/,
    "kind: WorkerPodAutoScaler\nkind: WorkerPodAutoScaler\n": /-:2:1: expected YAML, got map keys must be unique/,
    "apiVersion: k8s.practo.dev/v1\nkind: WorkerPodAutoscaler\n": /-:2:1: kind: .*did you mean `WorkerPodAutoScaler`\?/,
    "apiVersion: k8s.practo.dev/v2\nkind: WorkerPodAutoScaler\n": /-:1:1: apiVersion: expected k8s\.practo\.dev\/v1/,
    "just text": /expected one of WorkerPodAutoScaler/,
  };
  for (const [text, expected] of Object.entries(cases)) {
    const { status, stdout } = await checked(text);
    assert.equal(status, 2, text);
    assert.match(stdout, expected);
  }
  const huge = join(folder, "huge.yaml");
  writeFileSync(huge, "#".repeat(5 * 1024 * 1024));
  const { status, stdout } = await runMuster(["check", huge]);
  assert.equal(status, 2);
  assert.match(stdout, /expected at most 4 MiB, got 5 MiB/);
  rmSync(huge);
});

test("waits for standard input, as for a kubectl that answers slowly", () => {
  const file = join(folder, "late.yaml");
  writeFileSync(file, manifest("a"));
  const pipeline = '(sleep 1; cat "$1"; sleep 1; printf -- "---\\n"; cat "$1") | "$2" "$3" check -';
  const { stdout } = spawnSync("sh", ["-c", pipeline, "sh", file, process.execPath, BINARY], { encoding: "utf8" });
  assert.match(stdout, /^ok: -: WorkerPodAutoScaler default\/a\nerror: .*expected a workload of its own/);
});

test("checks a folder with its subfolders and ignores objects of other kinds", async () => {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "deeper"), { recursive: true });
  writeFileSync(join(tree, "a.yaml"), `apiVersion: apps/v1\nkind: Deployment\n---\n${manifest("a")}`);
  writeFileSync(join(tree, "deeper", "b.yml"), manifest("b"));
  writeFileSync(join(tree, "notes.txt"), "not a manifest");
  const { status, stdout } = await runMuster(["check", tree]);
  assert.equal(status, 0);
  assert.equal(stdout.trim().split("\n").length, 2);
});

test("a list, as kubectl prints it, is checked item by item", async () => {
  const { status, stdout } = await checked(
    `apiVersion: v1\nkind: List\nitems:\n- kind: WorkerPodAutoScaler\n  metadata: {name: a}\n  spec: {minReplicas: -1, maxReplicas: 1, targetMessagesPerWorker: 1, deploymentName: d, queueURI: "beanstalk://h/t"}\n`,
  );
  assert.equal(status, 2);
  assert.match(stdout, /^error: -:6:10: spec\.minReplicas: expected a number of 0 or more, got -1/m);
});

test("two autoscalers on one workload are an error in the second", async () => {
  const { status, stdout } = await checked(`${manifest("a")}---\n${manifest("b", { target: "a" })}`);
  assert.equal(status, 2);
  assert.match(stdout, /^ok: -: WorkerPodAutoScaler default\/a$/m);
  assert.match(stdout, /^error: .*WorkerPodAutoScaler a \(-\) scales already$/m);
});

test("-o json is one list for programs", async () => {
  const { status, stdout } = await checked(manifest("a", { queue: '""' }), ["-o", "json"]);
  assert.equal(status, 2);
  const [finding] = JSON.parse(stdout);
  assert.deepEqual([finding.kind, finding.name, finding.ok], ["WorkerPodAutoScaler", "a", false]);
  assert.deepEqual([finding.problems[0].path, finding.problems[0].line], ["spec.queueURI", 10]);
});

test("passes files without autoscalers with a note", async () => {
  const none = join(folder, "none.yaml");
  for (const other of ["# rendered with enabled: false\n", "---\n---\n", "apiVersion: apps/v1\nkind: Deployment\n"]) {
    writeFileSync(none, other);
    const text = await runMuster(["check", none]);
    assert.deepEqual([text.status, text.stdout], [0, ""]);
    assert.match(text.stderr, /^nothing to check: no autoscaler in .*none\.yaml$/m);
  }
  const json = await runMuster(["check", "-o", "json", none]);
  assert.deepEqual([json.status, json.stdout], [0, "[]\n"]);
});

test("rejects a number of replicas below zero", async () => {
  const { status, stderr } = await checked(manifest("a"), ["--current", "-1"]);
  assert.equal(status, 2);
  assert.match(stderr, /^muster: --current: expected a whole number/);
});

test("suggests a percentage for a bare number, and warns about one above 100", async () => {
  const bare = await checked(manifest("a", { more: "  maxDisruption: 50\n" }));
  assert.equal(bare.status, 2);
  assert.match(
    bare.stdout,
    /spec\.maxDisruption: expected a text in quotes, such as "50%" or the count "50", got 50$/m,
  );
  const above = await checked(manifest("a", { more: '  maxDisruption: "150%"\n' }));
  assert.equal(above.status, 0);
  assert.match(above.stdout, /^warning: -:11:3: spec\.maxDisruption: expected at most "100%", got "150%"/m);
});

test("--probe reads the queue and shows the decision", { skip: BEANSTALKD.skip }, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  await client.command("use jobs");
  for (let job = 0; job < 25; job++) await client.command("put 0 0 60 1\r\nx");
  const text = manifest("a", { queue: `beanstalk://127.0.0.1:${server.port}/jobs` });
  const { status, stdout } = await checked(text, ["--probe", "--current", "1"]);
  assert.equal(status, 0);
  assert.match(stdout, /queue: value 25/);
  assert.match(stdout, /with 1 replica now, 3 would be asked for/);
  assert.match(stdout, /sizeForBacklog: 1 -> 3: 25 messages at 10 per worker need 3 replicas/);
});

test("--probe reports why a queue cannot be read: exit status 1, no scale-down", async () => {
  const text = manifest("a", { queue: `beanstalk://127.0.0.1:${await freePort()}/jobs` });
  const { status, stdout } = await checked(text, ["--probe", "--current", "7"]);
  assert.equal(status, 1);
  assert.match(stdout, /queue cannot be read: Unavailable: /);
  assert.match(stdout, /with 7 replicas now, 7 would be asked for/);
});

test("--probe waits for an answer as long as timeoutSeconds says", { timeout: 60_000 }, async (t) => {
  const answers = new Set<NodeJS.Timeout>();
  const slow = await scriptedHttp(() => (response) => {
    answers.add(setTimeout(() => response.end('{"size": 25}'), 10_500));
  });
  t.after(() => {
    for (const answer of answers) clearTimeout(answer);
    return slow.close();
  });
  const source = { http: { url: slow.url, path: "size", timeoutSeconds: 60 } };
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "a" },
    minReplicas: 0,
    maxReplicas: 9,
    signals: [{ name: "queue", source, backlog: { messagesPerReplica: 10 } }],
  };
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "a" }, spec };
  const { status, stdout } = await checked(JSON.stringify(object), ["--probe"]);
  assert.match(stdout, /queue: value 25/);
  assert.equal(status, 0);
});

const SECRET = { apiVersion: "v1", kind: "Secret", metadata: { name: "queue", namespace: "shop" } };

function withToken(url: string) {
  const source = { http: { url, path: "size", bearerToken: { secretRef: { name: "queue", key: "token" } } } };
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "a" },
    minReplicas: 0,
    maxReplicas: 9,
    signals: [{ name: "queue", source, backlog: { messagesPerReplica: 10 } }],
  };
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "a", namespace: "shop" },
    spec,
  };
}

async function probedWith(t: TestContext, ...others: readonly object[]) {
  const server = await scriptedHttp(() => (response) => response.end('{"size": 25}'));
  t.after(server.close);
  const items = [withToken(server.url), ...others];
  const outcome = await checked(JSON.stringify({ apiVersion: "v1", kind: "List", items }), ["--probe"]);
  return { ...outcome, tokens: server.requests.map(({ headers }) => headers.authorization) };
}

test("--probe sends the credential of a Secret in the same input", async (t) => {
  const data = { token: Buffer.from("encoded").toString("base64") };
  const encoded = await probedWith(t, { ...SECRET, data });
  assert.deepEqual([encoded.status, encoded.tokens], [0, ["Bearer encoded"]]);
  assert.match(encoded.stdout, /^ok: -: WorkerAutoscaler shop\/a\n {2}queue: value 25\n/);
  const plain = await probedWith(t, { ...SECRET, data, stringData: { token: "plain" } });
  assert.deepEqual([plain.status, plain.tokens], [0, ["Bearer plain"]]);
});

test("--probe reads nothing without the credential and names the missing Secret", async (t) => {
  const elsewhere = { ...SECRET, metadata: { name: "queue", namespace: "other" }, stringData: { token: "other" } };
  const { status, stdout, tokens } = await probedWith(t, elsewhere);
  assert.deepEqual([status, tokens], [1, []]);
  assert.match(stdout, /^not read: -: WorkerAutoscaler shop\/a$/m);
  assert.match(stdout, /queue cannot be read: .*bearerToken \(key token of Secret queue\), which was not handed in/);
  assert.match(stdout, /kubectl get secret NAME -n shop -o yaml \| muster check --probe - FILE/);
  assert.doesNotMatch(stdout, /^ok/m);
});

test("a Secret in the same input that lacks the key is an error", async (t) => {
  const { status, stdout, tokens } = await probedWith(t, { ...SECRET, stringData: { tokne: "x" } });
  assert.deepEqual([status, tokens], [2, []]);
  assert.match(stdout, /expected key "token" in Secret "queue", got a Secret without it/);
});

test("a credential of any source may be in a Secret that is not handed in", async () => {
  for (const type of SOURCES) {
    for (const name of secretNames(type)) {
      const parsed = type.settings.shape[name]?.safeParse(placeholderFor({ name: "any", key: "key" }));
      assert.equal(parsed?.success, true, `${type.type}: ${name}`);
    }
  }
});

test("every example passes, warnings counted as errors", async () => {
  const { status, stdout } = await runMuster(["check", "--strict", "examples"]);
  assert.equal(status, 0, stdout);
  for (const kind of ["WorkerPodAutoScaler", "PHPAConfig", "WorkerAutoscaler"])
    assert.match(stdout, new RegExp(`: ${kind} `));
});

test("reports a dangling link and a huge file, and still checks the other files", async () => {
  const link = join(folder, "dangling.yaml");
  symlinkSync(join(folder, "gone"), link);
  const giant = join(folder, "giant.yaml");
  writeFileSync(giant, "");
  truncateSync(giant, 100 * 1024 * 1024);
  const good = join(folder, "good.yaml");
  copyFileSync("examples/worker-pod-autoscaler.yaml", good);
  const { status, stdout, stderr } = await runMuster(["check", link, giant, good]);
  assert.equal(status, 2);
  assert.equal(stderr, "");
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    `error: ${link}: cannot be read: ENOENT, there is no such file or folder`,
    `error: ${giant}: expected at most 4 MiB, got 100 MiB`,
    `ok: ${good}: WorkerPodAutoScaler default/example-wpa`,
  ]);
});

test("warns about windows that begin when they end", async () => {
  const windows = `apiVersion: muster.dev/v1alpha1
kind: WorkerAutoscaler
metadata: {name: w}
spec:
  scaleTargetRef: {kind: Deployment, name: w}
  maxReplicas: 9
  signals:
    - name: office
      source: {cron: {start: "31 * * * *", end: "31 * * * *", value: 3}}
      perReplica: {value: 1}
  schedule:
    - {name: night, start: "0 1 * * *", end: "0 1 * * *", minReplicas: 2}
`;
  const { status, stdout } = await checked(windows);
  assert.equal(status, 0);
  assert.match(stdout, /^warning: -:9:\d+: spec\.signals\[0\]\.source\.cron\.end: .*the window is never open$/m);
  assert.match(stdout, /^warning: -:12:\d+: spec\.schedule\[0\]\.end: .*the window is always open$/m);
});
