import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseDefaults } from "../../../src/cli/shared/parse-defaults.ts";
import { loadPolicyDocuments } from "../../../src/cli/shared/policies.ts";
import { pickEvenly } from "../../../src/lab/comparison.ts";
import { sliceTraffic } from "../../../src/lab/traffic/traffic.ts";
import { type Candidate, findFrontier } from "../../../src/lab/tune/candidate.ts";
import { halfwayValues, oneTwoFive, thinOut } from "../../../src/lab/tune/tuned-fields.ts";
import { writeTunedManifest } from "../../../src/lab/tune/tuned-manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-tuned-"));
after(() => rmSync(folder, { recursive: true }));
const DEFAULTS = parseDefaults({
  scaleDownDelayAfterLastScaleActivity: "600",
  wpaDefaultMaxDisruption: "100%",
  freshness: "120",
});

const WPA = `# what others own
apiVersion: v1
kind: ConfigMap
metadata:  {name:   odd}   # spacing stays
---
# ours
apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata:
    name: mail
spec:
    minReplicas: &least 0 # sleeps at night
    maxReplicas: 9
    targetMessagesPerWorker:   20   # found by hand
    deploymentName: 'mail'
    queueURI: "beanstalk://q/mail"
`;

function tunedFile(text: string, settings: Readonly<Record<string, string | number>>) {
  const file = join(folder, "manifest.yaml");
  writeFileSync(file, text);
  const [policy] = loadPolicyDocuments([file], DEFAULTS);
  assert.ok(policy);
  return writeTunedManifest(policy, settings, DEFAULTS);
}

const tuned = (...given: Parameters<typeof tunedFile>) => tunedFile(...given).text;

test("changes an existing field in place and keeps every other byte", () => {
  const plain = WPA.replace(" # sleeps at night", "").replace("   # found by hand", "");
  const text = tuned(plain, { "spec.targetMessagesPerWorker": 35, "spec.minReplicas": 1 });
  assert.equal(text, plain.replace("   20", "   35").replace("&least 0", "&least 1"));
});

test("removes and names the comments that a new value may contradict, and no others", () => {
  const commented = WPA.replace("# ours\n", "# Mail.\n\n# One worker for every 20\n# messages.\n")
    .replace(
      "    maxReplicas: 9\n",
      "    # The database takes\n    # nine connections.\n    maxReplicas: 9 # see above\n",
    )
    .replace("    deploymentName", "    # 20 mails a second\n    deploymentName");
  const { text, removed } = tunedFile(commented, { "spec.targetMessagesPerWorker": 35, "spec.maxReplicas": 12 });
  const expected = WPA.replace("# ours\n", "# Mail.\n\n")
    .replace("   20   # found by hand", "   35")
    .replace("maxReplicas: 9", "maxReplicas: 12")
    .replace("    deploymentName", "    # 20 mails a second\n    deploymentName");
  assert.equal(text, expected);
  assert.deepEqual(removed, [
    "One worker for every 20 messages.",
    "found by hand",
    "The database takes nine connections.",
    "see above",
  ]);
  assert.deepEqual(tunedFile(commented, { "spec.maxReplicas": 9 }), { text: commented, removed: [] });
});

test("adds a new field and keeps comments and other documents", () => {
  const text = tuned(WPA, { "spec.maxDisruption": 10 });
  const [others = "", ours = ""] = text.split("---\n");
  assert.equal(others, WPA.split("---\n")[0]);
  assert.match(ours, /maxDisruption: "10"/);
  for (const comment of ["# ours", "# sleeps at night", "# found by hand"]) assert.ok(ours.includes(comment), comment);
});

test("changes an object of a list in place", () => {
  const list = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap}
- apiVersion: k8s.practo.dev/v1
  kind: WorkerPodAutoScaler
  metadata: {name: mail}
  spec: {minReplicas: 0, maxReplicas: 9, targetMessagesPerWorker: 20, deploymentName: d, queueURI: "beanstalk://q/m"}
`;
  assert.equal(tuned(list, { "spec.targetMessagesPerWorker": 7 }), list.replace("Worker: 20", "Worker: 7"));
});

test("refuses to change a value that other fields share by an anchor", () => {
  const shared = WPA.replace("&least 0 #", "&least 2 #").replace("maxReplicas: 9", "maxReplicas: *least");
  assert.throws(
    () => tuned(shared, { "spec.minReplicas": 1 }),
    /some that share an anchor: set spec\.minReplicas: 1 by hand/,
  );
});

test("spreads, thins out and bisects the values to try", () => {
  assert.deepEqual(oneTwoFive(1, 40), [1, 2, 5, 10, 20, 40]);
  assert.deepEqual(oneTwoFive(0.3, 2), [0.3, 0.5, 1, 2]);
  const field = (path: string) => ({ path, values: [1, 2, 3, 4, 5, 6, 7, 8] });
  const few = thinOut([field("a"), field("b")], () => 4, 20);
  assert.ok(few.reduce((product, { values }) => product * values.length, 1) <= 20);
  for (const { values } of few) assert.ok(values.includes(4), "the present value stays");
  assert.deepEqual(
    thinOut([field("a")], () => 4, 1),
    [{ path: "a", values: [4] }],
  );
  assert.deepEqual(halfwayValues(20, [10, 20, 50], "whole"), [14, 32]);
  assert.deepEqual(halfwayValues(20, [19, 20, 21], "whole"), []);
  assert.deepEqual(halfwayValues(0, [0, 5], "whole"), [3]);
});

test("the frontier has items that no other beats in both cost and wait", () => {
  const candidate = (cost: number, wait: number) =>
    ({ cost: { mean: cost }, measures: { waitP95Seconds: { mean: wait } } }) as unknown as Candidate;
  const all = [candidate(3, 9), candidate(1, 50), candidate(2, 60), candidate(2, 20), candidate(4, 9)];
  const costs = findFrontier(all, { seconds: 60, share: 0.95 }).map(({ cost }) => cost.mean);
  assert.deepEqual(costs, [1, 2, 3]);
  assert.deepEqual(pickEvenly([1, 2, 3, 4, 5, 6, 7, 8, 9], 3), [1, 5, 9]);
});

test("two slices of a traffic hold all of it, each with its own start", () => {
  const traffic = {
    ...{ name: "t", kind: "counts" as const, start: 1_000_000, durationMs: 400, binMs: 100, remarks: [] },
    ...{ at: Float64Array.of(0, 100, 200, 300), counts: Float64Array.of(1, 2, 3, 4) },
  };
  const first = sliceTraffic(traffic, "first", 0, 3);
  const last = sliceTraffic(traffic, "last", 3, 4);
  assert.deepEqual([first.start, first.durationMs, [...(first.counts ?? [])]], [1_000_000, 300, [1, 2, 3]]);
  assert.deepEqual([last.start, last.durationMs, [...last.at], [...(last.counts ?? [])]], [1_000_300, 100, [0], [4]]);
});
