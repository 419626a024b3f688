import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import type { ApiProxy } from "../support/end-to-end/api-proxy.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
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
  describe(`two processes on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 170_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;

    before(async () => {
      stage = await Stage.open(kind);
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
    });
    after(() => stage?.close());

    const candidate = async (lease: string, flags: readonly string[]): Promise<Candidate> => {
      const proxy = await stage.anotherProxy();
      const election = ["--leader-elect", "--lease-namespace", "default", "--lease-name", lease];
      const muster = stage.run([...election, ...flags], { proxy });
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
