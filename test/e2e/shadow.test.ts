import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { runMuster } from "../support/muster.ts";
import { eventually } from "../support/waiting.ts";

interface Answer {
  readonly decisions: number;
  readonly isDryRun: boolean;
  readonly backlogOf: readonly string[];
  readonly actual: { readonly scalings: number; readonly most: number; readonly backlog: { readonly most: number } };
  readonly wanted: { readonly most: number };
  readonly greatest: readonly { readonly actual: number; readonly wanted: number; readonly backlog: number }[];
}

for (const kind of CLUSTERS) {
  describe(`muster shadow, on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "muster-shadow-"));
    const journal = join(folder, "journal.jsonl");
    let stage: Stage;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;
    let server: string;
    const asked = async (...words: string[]): Promise<Answer> => {
      const { status, stdout, stderr } = await runMuster(["shadow", "default/sender", "-o", "json", ...words]);
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as Answer;
    };
    /** What another autoscaler does, by its own connection. */
    const somebodyScales = (replicas: number) =>
      stage.objects.patch("/apis/apps/v1/namespaces/default/deployments/sender/scale", { spec: { replicas } });

    before(async () => {
      stage = await Stage.open(kind);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      await stage.pair("sender", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/sender` }, 1);
      muster = await stage.run(["--dry-run", "--journal", journal]).ready();
      server = String((await muster.saying("Started")).address);
    });
    after(async () => {
      await stage?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test("what somebody else did and what would have been done, while nothing is written", async () => {
      for (let left = 65; left > 0; left -= 1) await queue.put("sender");
      const seen = (messages: number, replicas: number) =>
        eventually(async () => {
          const { entries } = JSON.parse(
            (await runMuster(["why", "default/sender", "--server", server, "-o", "json"])).stdout,
          );
          assert.deepEqual([entries[0].signals[0].value, entries[0].currentReplicas], [messages, replicas]);
        });
      await seen(65, 1);
      await somebodyScales(3);
      await seen(65, 3);
      await somebodyScales(5);
      await seen(65, 5);
      // The backlog is told by the second: what was there for less may not be among it.
      await eventually(async () => assert.equal((await asked("--server", server)).actual.backlog.most, 65));
      const { isDryRun, backlogOf, actual, wanted, greatest } = await asked("--server", server);
      assert.equal(isDryRun, true);
      assert.deepEqual(backlogOf, ["queue"]);
      assert.deepEqual([actual.scalings, actual.most, actual.backlog.most, wanted.most], [2, 5, 65, 7]);
      assert.deepEqual([greatest[0]?.actual, greatest[0]?.wanted, greatest[0]?.backlog], [1, 7, 65]);
      assert.equal(await stage.replicas("sender"), 5);
      assert.deepEqual(stage.proxy.writes(), []);
    });

    test("the file tells the same after the controller has gone, as a table and as a page", async () => {
      assert.equal((await muster.stop("SIGTERM")).status, 0);
      const { actual, wanted } = await asked("--journal", journal);
      assert.deepEqual([actual.scalings, actual.most, wanted.most], [2, 5, 7]);
      const page = join(folder, "shadow.html");
      const words = ["shadow", "default/sender", "--journal", journal, "--report", page];
      const { status, stdout, stderr } = await runMuster(words);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /: 1 actual, 7 wanted, backlog 65: 65 messages at 10 per worker need 7 replicas$/m);
      assert.doesNotMatch(stdout, /not a dry run/);
      assert.match(readFileSync(page, "utf8"), /<title>Shadow of WorkerPodAutoScaler\/default\/sender<\/title>/);
    });
  });
}
