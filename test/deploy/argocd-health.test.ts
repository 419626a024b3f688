import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { requirement } from "../support/requirement.ts";

const LUA = requirement("lua5.4", "install it with `apt-get install lua5.4`");
const SCRIPT = readFileSync("deploy/argocd/health.lua", "utf8");

/** What Argo CD takes away: its sandbox has no strings library, and no way out. */
const SANDBOX = `
local time, date = os.time, os.date
os = { time = time, date = date }
getmetatable("").__index = nil
string, io, debug, require = nil, nil, nil, nil
`;

/** A value of JSON as Lua writes it. */
function inLua(value: unknown): string {
  if (Array.isArray(value)) return `{ ${value.map(inLua).join(", ")} }`;
  if (typeof value !== "object" || value === null) return value === null ? "nil" : JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, member]) => `[${JSON.stringify(name)}] = ${inLua(member)}`)
    .join(", ")} }`;
}

async function healthOf(object: object): Promise<readonly [status: string, message: string]> {
  const run = `${SANDBOX}\nobj = ${inLua(object)}\nlocal function script()\n${SCRIPT}\nend\nlocal health = script()\nprint(health.status)\nprint(health.message)`;
  const { stdout } = await promisify(execFile)(LUA.path ?? "", ["-e", run]);
  const [status = "", ...message] = stdout.trimEnd().split("\n");
  return [status, message.join("\n")];
}

const secondsAgo = (seconds: number) => `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`;

/** An object whose Ready, and perhaps another condition, has been so for this long. */
function object(ready: object, seconds = 60, more: readonly object[] = [], status = {}): object {
  const conditions = [
    { type: "Ready", status: "True", reason: "ReadyForNewScale", message: "said", ...ready },
    ...more,
  ];
  const dated = conditions.map((condition) => ({ lastTransitionTime: secondsAgo(seconds), ...condition }));
  return {
    kind: "WorkerAutoscaler",
    metadata: { name: "mailer", generation: 2 },
    status: { observedGeneration: 2, conditions: dated, ...status },
  };
}

const unreadable = { status: "False", reason: "QueueUnreadable", message: "orders: TimedOut: no answer" };
const fallback = { type: "FallbackActive", status: "True", reason: "FallbackInForce", message: "4 replicas" };

const CASES: readonly [name: string, object: object, status: string, message: RegExp][] = [
  ["is healthy where it may scale", object({}), "Healthy", /^said$/],
  ["is healthy with warnings", object({ reason: "AcceptedWithWarnings" }), "Healthy", /./],
  ["is suspended where it is paused", object({ reason: "Paused" }), "Suspended", /./],
  ["is suspended where it only reports", object({ reason: "DryRun" }), "Suspended", /./],
  [
    "progresses while its queue is unreadable for the first minutes",
    object(unreadable, 60),
    "Progressing",
    /^QueueUnreadable: orders: TimedOut/,
  ],
  ["progresses still after nine minutes", object(unreadable, 540), "Progressing", /./],
  ["is degraded where its queue is unreadable for long", object(unreadable, 660), "Degraded", /^QueueUnreadable/],
  [
    "progresses while its workload is not created yet",
    object({ status: "False", reason: "WorkloadMissing" }, 5),
    "Progressing",
    /./,
  ],
  [
    "is degraded where its workload stays away",
    object({ status: "False", reason: "WorkloadMissing" }, 3_600),
    "Degraded",
    /./,
  ],
  [
    "is degraded at once where its spec is invalid",
    object({ status: "False", reason: "InvalidSpec" }, 1),
    "Degraded",
    /^InvalidSpec: said$/,
  ],
  [
    "progresses while its fallback is young",
    object({}, 60, [fallback]),
    "Progressing",
    /^FallbackInForce: 4 replicas$/,
  ],
  ["is degraded where its fallback is in force for long", object({}, 1_200, [fallback]), "Degraded", /./],
  [
    "progresses while its workload cannot be seen",
    object({ status: "Unknown", reason: "WorkloadUnknown" }, 9_000),
    "Progressing",
    /./,
  ],
  [
    "progresses before a controller has read it",
    { metadata: { name: "new", generation: 1 } },
    "Progressing",
    /no controller has read it yet/,
  ],
  [
    "progresses before a controller has read a change",
    object({}, 60, [], { observedGeneration: 1 }),
    "Progressing",
    /last change/,
  ],
  ["progresses while it is deleted", { metadata: { deletionTimestamp: secondsAgo(1) } }, "Progressing", /deleted/],
];

describe("the health of an autoscaler in Argo CD", { skip: LUA.skip }, () => {
  for (const [name, fixture, status, message] of CASES) {
    test(name, async () => {
      const [found, said] = await healthOf(fixture);
      assert.equal(found, status);
      assert.match(said, message);
    });
  }

  test("a WorkerPodAutoScaler, as the API server has it, is judged by the same script", async () => {
    const { kind: _, ...rest } = object(unreadable, 30) as { kind: string };
    assert.equal(
      (await healthOf({ ...rest, kind: "WorkerPodAutoScaler", spec: { minReplicas: 0 } }))[0],
      "Progressing",
    );
  });
});
