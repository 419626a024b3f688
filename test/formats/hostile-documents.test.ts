import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAutoscaler, parseFile } from "../../src/formats/formats.ts";
import { readDocuments } from "../../src/formats/read-documents.ts";
import { WORKER_POD_AUTOSCALER_DEFAULTS } from "../../src/formats/worker-pod-autoscaler.ts";

const KEYS = 20_000;
/** What is linear takes a fraction of a second; what is quadratic took 24 s and more. */
const MOST_MILLISECONDS = 8_000;

const numbered = (of: (index: number) => string) => Array.from({ length: KEYS }, (_, index) => of(index));

function quickly<T>(work: () => T): T {
  const began = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(began);
  const milliseconds = (user + system) / 1000;
  assert.ok(milliseconds < MOST_MILLISECONDS, `took ${milliseconds} ms`);
  return result;
}

test("a file of 20,000 unknown keys is refused in a moment, with its first ones named", () => {
  const text = ["kind: PHPAConfig", ...numbered((index) => `key${index}: ${index}`)].join("\n");
  const { problems } = quickly(() => parseFile(text, "x.yaml", WORKER_POD_AUTOSCALER_DEFAULTS));
  assert.ok(problems.some(({ path, line }) => path === "key0" && line === 2));
  assert.ok(problems.some(({ message }) => message === "19980 more unknown fields, which have no effect"));
  assert.ok(problems.length < 100, `${problems.length} problems`);
});

test("20,000 keys of which one is written twice are refused in a moment, with its place", () => {
  const text = [...numbered((index) => `key${index}: ${index}`), "key7: 8"].join("\n");
  const [document] = quickly(() => readDocuments(text));
  assert.deepEqual(
    document?.problems.map(({ message, line }) => [message, line]),
    [["expected YAML, got map keys must be unique", KEYS + 1]],
  );
});

test("keys that a merge brings may be written again, and a merge key may be repeated", () => {
  const [document] = readDocuments("base: &base {a: 1}\nmore: &more {b: 2}\nuse:\n  <<: *base\n  <<: *more\n  a: 3\n");
  assert.deepEqual(document?.problems, []);
  assert.deepEqual((document?.value as { use?: unknown } | undefined)?.use, { a: 3, b: 2 });
});

test("aliases that multiply are refused", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 10; level += 1) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(", ")}]`,
    );
  }
  const [document] = quickly(() => readDocuments(lines.join("\n")));
  assert.match(document?.problems[0]?.message ?? "", /excessive alias count/);
});

test("an object with 20,000 unknown fields, settings, signals, headers or schedules is refused in a moment", () => {
  const fields = Object.fromEntries(numbered((index) => `maxReplica${index}`).map((name) => [name, 1]));
  const signal = { name: "s", backlog: { messagesPerReplica: 1 } };
  const specs = [
    fields,
    { signals: [{ ...signal, source: { http: fields } }] },
    { signals: [{ ...signal, source: fields }] },
    { signals: [{ ...signal, source: { http: { url: "http://a", path: "a", headers: fields } } }] },
    { signals: [{ ...signal, source: { http: { url: `http://a/${"x".repeat(1_000_000)}`, path: "a" } } }] },
    { signals: numbered((index) => `s${index}`).map((name) => ({ ...signal, name, typo: 1 })) },
    { schedule: numbered((index) => `s${index}`).map((name) => ({ name, start: "0 0 30 2 *", end: "x" })) },
  ];
  for (const spec of specs) {
    const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "x" }, spec };
    const { problems } = quickly(() => parseAutoscaler(object));
    assert.ok(problems.length > 0 && problems.length < 300, `${problems.length} problems`);
  }
});

test("a WorkerPodAutoScaler with 20,000 unknown fields or names of 300 KiB is refused in a moment", () => {
  const right = { minReplicas: 0, maxReplicas: 1, targetMessagesPerWorker: 1 };
  for (const spec of [
    { ...right, ...Object.fromEntries(numbered((index) => `maxReplica${index}`).map((name) => [name, 1])) },
    { ...right, queueURI: "beanstalk://a/b", deploymentName: "z".repeat(300 * 1024) },
    { ...right, queueURI: `beanstalk://a/${"q".repeat(300 * 1024)}`, deploymentName: "a" },
  ]) {
    const object = { apiVersion: "k8s.practo.dev/v1", kind: "WorkerPodAutoScaler", metadata: { name: "x" }, spec };
    const { problems } = quickly(() => parseAutoscaler(object));
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["spec"],
    );
  }
});

test("of 4,000 unknown fields the first twenty are named, and the rest counted", () => {
  const spec = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`maxReplica${index}`, 1]));
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "x" }, spec };
  const { problems } = parseAutoscaler(object);
  const unknown = problems.filter(({ message }) => message.startsWith("unknown field"));
  assert.equal(unknown.length, 20);
  assert.ok(problems.some(({ message }) => message === "3980 more unknown fields, which have no effect"));
});
