import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { lineLog } from "../../src/controller/log.ts";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { type RunningServer, startHttpServer } from "../../src/server/http-server.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { Access } from "../../src/server/status-access.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { runMuster } from "../support/muster.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-token-"));
const journal = new Journal();
const world = controllerWorld({ recorder: journal });
let server: RunningServer;

/** A controller with --status-auth=token, which knows two callers: one may read the namespace shop. */
const mayRead: Access["mayRead"] = async (token, { namespace }) => {
  if (token === "reader") return namespace === "shop" ? "allowed" : "known";
  return token === "other" ? "known" : "unknown";
};

before(async () => {
  world.workloads.set("mail", 2);
  world.queue("mail").answer = { value: 45 };
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(1_000);
  server = await startHttpServer({
    ...{ address: { host: "127.0.0.1", port: 0 }, controller: world.controller, journal, decide },
    now: () => world.clock.wall(),
    metrics: new Metrics("1.2.3"),
    log: lineLog({ format: "text", level: "error", now: Date.now, write: (line) => process.stderr.write(line) }),
    statusAuth: { by: "token", access: { mayRead } },
    waitingFor: () => [],
  });
});
after(async () => {
  await server.close();
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

function tokenFile(token: string): string {
  const path = join(folder, token);
  writeFileSync(path, `${token}\n`);
  return path;
}

const why = (...words: string[]) => runMuster(["why", "shop/mail", ...words]);

test("answers the token of an authorized reader, and never shows it", async () => {
  const { status, stdout, stderr } = await why("--server", server.url, "--token-file", tokenFile("reader"));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^WorkerPodAutoScaler\/shop\/mail\n(?:.|\n)*read {5}queue: 45/);
  assert.doesNotMatch(stdout + stderr, /reader/);
});

test("says what is missing without a token, with an unknown one, or with one that may not read", async () => {
  for (const [words, message] of [
    [[], /HTTP 401: expected a header Authorization: Bearer with a token of the cluster/],
    [["--token-file", tokenFile("stranger")], /HTTP 401: the API server does not know the token/],
    [
      ["--token-file", tokenFile("other")],
      /HTTP 403: expected the right to list workerautoscalers.muster.dev in namespace "shop"/,
    ],
  ] as const) {
    const { status, stdout, stderr } = await why("--server", server.url, ...words);
    assert.deepEqual([status, stdout], [1, ""], stderr);
    assert.match(stderr, message);
  }
});

test("refuses a token that would be sent unencrypted, cannot be read, or has no server", async () => {
  for (const [words, message] of [
    [
      ["--server", "http://controller:8787", "--token-file", tokenFile("reader")],
      /expected a --server with https:\/\/ or on this machine/,
    ],
    [["--server", server.url, "--token-file", join(folder, "nowhere")], /nowhere: .*ENOENT/],
    [["--token-file", tokenFile("reader")], /--token-file: expected --server too/],
  ] as const) {
    const { status, stderr } = await why(...words);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

test("the help says how a controller with the default --status-auth=loopback is reached, and one with token", async () => {
  const { stdout } = await runMuster(["why", "--help"]);
  const text = stdout.replace(/\s+/g, " ");
  assert.match(text, /--status-auth=loopback.*kubectl port-forward.*--server/);
  assert.match(text, /--status-auth=token.*--token-file.*deploy\/status-reader\.yaml/);
  assert.match(
    text,
    /kubectl -n muster port-forward deployment\/muster 8787 & muster why shop\/sms-sender --server http:\/\/localhost:8787/,
  );
});
