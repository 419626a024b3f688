import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import type { ApiProxy } from "../support/end-to-end/api-proxy.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import { LeaseHistory } from "../support/end-to-end/lease-history.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

const LEASE_SECONDS = 4;
const SHORT = ["--lease-duration", String(LEASE_SECONDS), "--lease-renew-deadline", "3", "--lease-retry-period", "1"];
/** What a busy machine may add to any of the times. */
const SLACK_MS = 6_000;

interface Candidate {
  readonly muster: MusterProcess;
  readonly proxy: ApiProxy;
}

for (const kind of CLUSTERS) {
  describe(`two processes on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;

    before(async () => {
      stage = await Stage.open(kind);
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
    });
    after(() => stage?.close());

    const candidate = async (lease: string, flags: readonly string[], env = {}): Promise<Candidate> => {
      const proxy = await stage.anotherProxy();
      const election = ["--leader-elect", "--lease-namespace", "default", "--lease-name", lease];
      const muster = stage.run([...election, ...flags], { proxy, env });
      return { muster: await muster.ready(), proxy };
    };
    /** A leader and one that stands by, and an object that the leader has scaled. */
    const pairOf = async (lease: string, flags: readonly string[]) => {
      const first = await candidate(lease, flags);
      await first.muster.saying("Acting");
      const second = await candidate(lease, flags);
      await queue.put(lease);
      await stage.pair(lease, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${lease}` });
      await scaledTo(stage, lease, 1);
      assert.deepEqual(second.proxy.writes(), [], "the one that stands by writes nothing");
      assert.deepEqual(second.muster.said("Acting"), []);
      return { first, second };
    };
    const more = async (name: string) => {
      for (let jobs = 0; jobs < 10; jobs += 1) await queue.put(name);
    };
    /** All that the first one wrote came before all that the second one wrote. */
    const neverBoth = (first: Candidate, second: Candidate) => {
      const last = Math.max(...first.proxy.writes().map(({ at }) => at));
      const next = Math.min(...second.proxy.writes().map(({ at }) => at));
      assert.ok(last < next, `the first wrote until ${last}, the second from ${next}`);
    };

    test("a leader that is killed is replaced within its lease time, and never do both act", async () => {
      const { first, second } = await pairOf("killed", SHORT);
      await first.muster.stop("SIGKILL");
      const since = performance.now();
      await more("killed");
      await scaledTo(stage, "killed", 2);
      const milliseconds = performance.now() - since;
      assert.ok(milliseconds < LEASE_SECONDS * 1_000 + SLACK_MS, `${milliseconds} ms`);
      neverBoth(first, second);
      await second.muster.stop();
    });

    test("at the default settings a standby has scaled within 6 s of a kill", async () => {
      const { first, second } = await pairOf("usual", []);
      await first.muster.stop("SIGKILL");
      const since = performance.now();
      await more("usual");
      await scaledTo(stage, "usual", 2);
      const milliseconds = performance.now() - since;
      assert.ok(milliseconds < 6_000 + SLACK_MS, `${milliseconds} ms`);
      neverBoth(first, second);
      const renewals = second.proxy.requests.filter(({ method, path }) => method === "PUT" && path.includes("/leases"));
      assert.ok(renewals.length <= 2 + (performance.now() - since) / 1_000, `${renewals.length} writes of the lease`);
      await second.muster.stop();
    });

    test("a leader that was frozen writes nothing once its lease has run out", async () => {
      const { first, second } = await pairOf("frozen", []);
      const history = new LeaseHistory();
      history.follow("first", first.proxy);
      history.follow("second", second.proxy);
      first.muster.signal("SIGSTOP");
      await more("frozen");
      await second.muster.saying("Acting");
      await scaledTo(stage, "frozen", 2);
      first.muster.signal("SIGCONT");
      await first.muster.saying("No longer acting");
      await more("frozen");
      await scaledTo(stage, "frozen", 3);
      assert.deepEqual(history.violations(), []);
      assert.equal(history.holder(), "second");
      assert.equal(first.muster.said("Acting").length, 1);
      await first.muster.stop();
      await second.muster.stop();
    });

    test("a restarted container takes its pod's lease back at once, but no second process of a pod does", async () => {
      const pod = { POD_NAME: "muster-0", POD_UID: `uid-${kind.name.length}-${process.pid}` };
      const long = ["--lease-duration", "600", "--lease-renew-deadline", "400"];
      const first = await candidate("restarted", long, pod);
      await first.muster.saying("Acting");
      const beside = await candidate("restarted", long, pod);
      await first.muster.stop("SIGKILL");
      const again = await candidate("restarted", long, pod);
      await again.muster.saying("Acting");
      assert.deepEqual(beside.muster.said("Acting"), []);
      await again.muster.stop();
      await beside.muster.stop();
    });

    test("a leader that is asked to stop is replaced at once, whatever its lease time", async () => {
      const { first, second } = await pairOf("asked", ["--lease-duration", "60", "--lease-renew-deadline", "40"]);
      const { status } = await first.muster.stop();
      assert.equal(status, 0);
      const since = performance.now();
      await second.muster.saying("Acting");
      const milliseconds = performance.now() - since;
      assert.ok(milliseconds < SLACK_MS, `${milliseconds} ms`);
      await more("asked");
      await scaledTo(stage, "asked", 2);
      neverBoth(first, second);
      await second.muster.stop();
    });

    test("a leader that is cut off stops acting before another starts, and stands by when it is back", async () => {
      const { first, second } = await pairOf("cut-off", SHORT);
      first.proxy.interfere = () => new Promise(() => undefined);
      first.proxy.cutWatches();
      const rested = await first.muster.saying("No longer acting");
      const acting = await second.muster.saying("Acting");
      assert.ok(Date.parse(rested.time) <= Date.parse(acting.time), `${rested.time}, ${acting.time}`);
      await more("cut-off");
      await scaledTo(stage, "cut-off", 2);
      first.proxy.interfere = () => undefined;
      await eventually(async () => assert.equal((await first.muster.get("/readyz")).status, 200));
      assert.equal(first.muster.said("Acting").length, 1);
      neverBoth(first, second);
      await first.muster.stop();
      await second.muster.stop();
    });
  });
}
