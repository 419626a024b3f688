import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { BINARY, runMuster } from "../support/muster.ts";
import { requirement } from "../support/requirement.ts";

const kubectl = requirement("kubectl", "install kubectl");

test("the demo goes 0 -> N -> 0 over the real protocols, its kubectl command works, and it stays until Ctrl-C", {
  skip: kubectl.skip,
  timeout: 100_000,
}, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "demo-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const demo = spawn(process.execPath, [BINARY, "demo", "--stay"], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  const exit = once(demo, "exit");
  let errors = "";
  demo.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  let output = "";
  let seenByKubectl = Promise.resolve("");
  let status = Promise.resolve(0);
  for await (const line of createInterface({ input: demo.stdout })) {
    output += `${line}\n`;
    const command = /^Look for yourself: kubectl (.*)$/.exec(line)?.[1];
    if (command !== undefined) seenByKubectl = kubectlSays(command.split(" "), folder);
    const address = /see it live at (\S+)\. Ctrl-C/.exec(line)?.[1];
    if (address === undefined) continue;
    status = fetch(address).then((answer) => answer.status);
    await Promise.allSettled([status, seenByKubectl]);
    demo.kill("SIGINT");
  }
  const [code] = await exit;
  assert.equal(code, 0, errors);
  assert.match(output, /0 -> \d+ workers {2}\d+ messages at 20 per worker need/);
  assert.match(output, /-> 0 workers {2}no messages/);
  assert.match(output, /time to the first worker asked for +\d/);
  assert.match(output, /back to zero workers after +\d/);
  assert.doesNotMatch(output + errors, /not seen|Warning/);
  assert.match(output, /^Look for yourself: kubectl --kubeconfig demo\.kubeconfig get wpa,deployments,pods$/m);
  assert.match(await seenByKubectl, /example-wpa.*example-deployment/s);
  assert.equal(await status, 200);
  assert.ok(!existsSync(join(folder, "demo.kubeconfig")), "it is gone with the demo");
});

async function kubectlSays(words: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(kubectl.path ?? "", words, { cwd });
  return stdout;
}

test("the metrics act steps up while the lag is above the band and back below it, by a PHPA file", {
  timeout: 100_000,
}, async () => {
  const { status, stdout, stderr } = await runMuster(["demo", "metrics"]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /1 -> 3 workers {2}metric is \d+, above 3000/);
  assert.match(stdout, /3 -> 1 worker {2}metric is \d+, below 1000/);
  assert.match(stdout, /back where it began after +\d/);
});

test("the jobs act creates a Job for each message, and none is left when all have ended", {
  timeout: 100_000,
}, async () => {
  const { status, stdout, stderr } = await runMuster(["demo", "jobs"]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /0 -> \d+ workers {2}queue: \d+ messages at 1 per replica need/);
  assert.match(stdout, /peak +\d+ workers/);
  assert.match(stdout, /back to zero workers after +\d/);
});
