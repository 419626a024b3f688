import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { readJournal } from "../../src/journal/read-journal.ts";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { conditionOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS, REAL_API_SERVER } from "../support/end-to-end/test-cluster.ts";
import { KUBECTL } from "../support/kubectl.ts";
import { runMuster } from "../support/muster.ts";
import { eventually } from "../support/waiting.ts";

interface Answer {
  readonly from: string;
  readonly tried: readonly string[];
  readonly id: string;
  readonly entries: readonly {
    readonly at: string;
    readonly currentReplicas: number;
    readonly desiredReplicas: number;
    readonly outcome: string;
    readonly scaled?: { readonly from: number; readonly to: number };
    readonly signals: readonly { readonly value: number }[];
  }[];
  readonly whatWouldChange?: {
    readonly desiredReplicas: number;
    readonly later?: { readonly afterSeconds: number; readonly desiredReplicas: number };
    readonly signals: readonly {
      readonly rise: { readonly by: number; readonly to: number; readonly desiredReplicas: number };
    }[];
    readonly without: readonly { readonly limit: string; readonly desiredReplicas: number }[];
  };
}

/** The API server does not pass requests on to its own machine's loopback address. */
const OUTWARD = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

for (const kind of CLUSTERS) {
  describe(`muster why, on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "muster-why-"));
    const journal = join(folder, "journal.jsonl");
    let stage: Stage;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    let server: string;
    const jobs: string[] = [];
    const put = async (count: number) => {
      for (let left = count; left > 0; left -= 1) jobs.push(await queue.put("sender"));
    };
    const why = (...words: string[]) => runMuster(["why", "default/sender", ...words]);
    const asked = async (...words: string[]): Promise<Answer> => {
      const { status, stdout, stderr } = await why("-o", "json", ...words);
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as Answer;
    };
    const settledAt = (messages: number, replicas: number) =>
      eventually(async () => {
        const answer = await asked("--server", server);
        const newest = answer.entries.at(-1);
        assert.deepEqual([newest?.signals[0]?.value, newest?.currentReplicas], [messages, replicas]);
        return answer;
      });

    before(async () => {
      stage = await Stage.open(kind);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      const flags = ["--metrics-port", `${OUTWARD ?? "127.0.0.1"}:0`, "--journal", journal, "--status-auth", "none"];
      muster = await stage.run(flags).ready();
      server = String((await muster.saying("Started")).address);
      await stage.pair("sender", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/sender` });
    });
    after(async () => {
      await stage?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test("exactly as many messages more as it names change the number, to the number it names", async () => {
      await put(25);
      await scaledTo(stage, "sender", 3);
      const { whatWouldChange } = await settledAt(25, 3);
      const rise = whatWouldChange?.signals[0]?.rise;
      assert.deepEqual(rise, { by: 6, to: 31, desiredReplicas: 4 });
      await put(rise.by - 1);
      const { whatWouldChange: next } = await settledAt(30, 3);
      assert.deepEqual(next?.signals[0]?.rise, { by: 1, to: 31, desiredReplicas: 4 });
      await put(1);
      await scaledTo(stage, "sender", 4);
      await settledAt(31, 4);
    });

    test("the scaling is in its past, with what was read and that it was done", async () => {
      const { entries } = await asked("--server", server, "--last", "20");
      const scalings = entries.filter(({ outcome }) => outcome === "Scaled");
      assert.equal(scalings[0]?.scaled?.from, 0);
      for (const { scaled, currentReplicas, desiredReplicas } of scalings) {
        assert.deepEqual([scaled?.from, scaled?.to], [currentReplicas, desiredReplicas]);
      }
      const last = entries.findLast(({ outcome }) => outcome === "Scaled");
      assert.deepEqual([last?.signals[0]?.value, last?.scaled?.from, last?.scaled?.to], [31, 3, 4]);
      const before = entries.findLast(({ at }) => at < (last?.at ?? ""));
      const then = await asked("--server", server, "--at", before?.at ?? "");
      assert.equal(then.entries[0]?.at, before?.at);
      assert.equal(then.whatWouldChange, undefined);
    });

    test("a scale-down that waits: which limit holds it, and when it will be", async () => {
      for (const job of jobs.splice(0, 20)) await queue.command(`delete ${job}`);
      const { whatWouldChange } = await settledAt(11, 4);
      assert.equal(whatWouldChange?.desiredReplicas, 4);
      assert.deepEqual(whatWouldChange.without, [{ limit: "coolDownSeconds", desiredReplicas: 2 }]);
      assert.equal(whatWouldChange.later?.desiredReplicas, 2);
      const seconds = whatWouldChange.later.afterSeconds;
      assert.ok(seconds > 400 && seconds <= 600, `${seconds} s`);
      const { stdout } = await why("--server", server);
      assert.match(stdout, /^ {2}read {5}queue: 11, .*; asks for 2$/m);
      assert.match(stdout, /^ {2}rules {4}sizeForBacklog +4 -> 2 {2}11 messages at 10 per worker need 2 replicas$/m);
      assert.match(stdout, /^ {2}held by {2}CoolDown: the last scaling was \d+ s ago; scaling down waits/m);
      assert.match(stdout, /^ {2}change {3}in \d+ min.* it would be 2, if the signals stay the same$/m);
    });

    test("a name that is not there: the one that was meant; a time before the journal: when that begins", async () => {
      const unknown = await runMuster(["why", "default/sendr", "--server", server]);
      assert.equal(unknown.status, 2);
      assert.match(
        unknown.stderr,
        /^muster: there is no autoscaler default\/sendr .*\(did you mean default\/sender\?\)\n$/,
      );
      const early = await why("--server", server, "--at", "2020-01-01T00:00:00Z");
      assert.equal(early.status, 2);
      assert.match(
        early.stderr,
        /the journal of default\/sender begins at 20\d\d-.*, and 2020-01-01T00:00:00.000Z is before/,
      );
    });

    test("kubectl describe says what was decided, what holds it, when that ends, and what would change it", {
      skip: KUBECTL.skip,
    }, async () => {
      const words = ["--kubeconfig", stage.cluster.kubeconfigPath, "describe", "wpa", "sender"];
      await eventually(async () => {
        const { stdout } = await promisify(execFile)(KUBECTL.path ?? "kubectl", words);
        assert.match(stdout, /Because: +11 messages at 10 per worker need 2 replicas/);
        assert.match(stdout, /Message: +the last scaling was \d+ s ago; scaling down waits until/);
        const [, changes = ""] = /Would Change:\n((?: {6}\S.*\n)+)/.exec(stdout) ?? [];
        const [ends = "", ...others] = changes.trim().split(/\n */);
        assert.deepEqual(others, ["queue: 41 would make it 5", "without coolDownSeconds it would be 2"]);
        const [, end = ""] = /^from (\S+) on it would be 2, if the signals stay the same$/.exec(ends) ?? [];
        const [, last = ""] = /Last Scale Time: +(\S+)/.exec(stdout) ?? [];
        const seconds = (Date.parse(end) - Date.parse(last)) / 1000;
        assert.ok(seconds >= 600 && seconds <= 602, `${seconds} s after the last scaling`);
      });
    });

    test("without the controller the object's status tells the last decision, and that it was asked", async () => {
      const kubeconfig = stage.cluster.kubeconfigPath;
      await conditionOf(stage, "sender", "ScalingLimited", "CoolDown");
      const { status, stdout, stderr } = await why("--kube-config", kubeconfig);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /sizeForBacklog +4 -> 2 /);
      assert.match(stdout, /^ {2}change {3}from 20\d\d\S+ on it would be 2, .*\n +queue: 41 would make it 5$/m);
      assert.match(stdout, /\(from the object's status, .*\)\n\(the controller, through .* could not be asked: .*404/);
      const missing = await runMuster(["why", "default/sendr", "--kube-config", kubeconfig]);
      assert.equal(missing.status, 2);
      assert.match(missing.stderr, /did you mean default\/sender\?/);
    });

    const unreachable = OUTWARD === undefined && "needs a network address of this machine besides 127.0.0.1";
    const throughService = kind === REAL_API_SERVER ? test : () => undefined;
    throughService("by the API server's way to the controller's Service", { skip: unreachable }, async () => {
      const port = Number(new URL(server).port);
      const at = "/api/v1/namespaces/kube-system";
      const metadata = { name: "muster", namespace: "kube-system" };
      // It passes requests on to the addresses of pods alone.
      await stage.objects.create(`${at}/serviceaccounts`, { metadata: { name: "default" } }).catch(() => undefined);
      const containers = [{ name: "muster", image: "muster" }];
      await stage.objects.create(`${at}/pods`, { metadata, spec: { containers, automountServiceAccountToken: false } });
      const status = { phase: "Running", podIP: OUTWARD, podIPs: [{ ip: OUTWARD }] };
      await stage.objects.patch(`${at}/pods/muster/status`, { status });
      const spec = { ports: [{ name: "http", port: 8787, targetPort: port }] };
      await stage.objects.create(`${at}/services`, { metadata, spec });
      const targetRef = { kind: "Pod", ...metadata };
      const subsets = [{ addresses: [{ ip: OUTWARD, targetRef }], ports: [{ name: "http", port }] }];
      await stage.objects.create(`${at}/endpoints`, { metadata, subsets });
      const answer = await asked("--kube-config", stage.cluster.kubeconfigPath);
      assert.deepEqual(answer.tried, []);
      assert.equal(answer.from, "the controller, through the API server and Service kube-system/muster:8787");
      assert.equal(answer.whatWouldChange?.desiredReplicas, 4);
    });

    test("after kill -9 the next process answers for the time before it, from the file", async () => {
      const { entries: known } = await asked("--server", server, "--last", "100");
      const scaling = known.find(({ scaled }) => scaled?.to === 4);
      assert.ok(scaling !== undefined);
      await eventually(async () => {
        const { entries } = await readJournal(journal, () => true);
        assert.equal(entries.at(-1)?.at, known.at(-1)?.at);
      });
      await muster.stop("SIGKILL");
      muster = await stage.run(["--journal", journal]).ready();
      const restarted = String((await muster.saying("Started")).address);
      await eventually(async () => {
        const [then, ...others] = (await asked("--server", restarted, "--at", scaling.at)).entries;
        assert.deepEqual([then?.at, then?.scaled, others], [scaling.at, scaling.scaled, []]);
      });
      server = restarted;
      await settledAt(11, 4);
    });

    test("nobody there: what was tried, and status 1; after SIGTERM the file has it all", async () => {
      const known = await asked("--server", server, "--last", "100");
      assert.equal((await muster.stop("SIGTERM")).status, 0);
      const gone = await why("--server", server);
      assert.equal(gone.status, 1);
      assert.match(gone.stderr, /^muster: the controller at http:\/\/\S+ could not be asked: .*ECONNREFUSED/);
      const { entries, skipped } = await readJournal(journal, () => true);
      assert.equal(skipped, 0);
      const times = entries.map(({ at }) => at);
      for (const { at } of known.entries) assert.ok(times.includes(at), at);
      const last = await asked("--journal", journal);
      assert.equal(last.from, `the journal ${journal}`);
      assert.equal(last.entries[0]?.desiredReplicas, 4);
      assert.doesNotMatch(readFileSync(journal, "utf8"), /beanstalk:\/\//);
    });
  });
}
