import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkloadState } from "../../src/kubernetes/ports.ts";
import { ClusterWorkloads } from "../../src/kubernetes/workloads/cluster-workloads.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { plainClient } from "../support/plain-client.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  scriptedHttp,
} from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";
import { listOf, status, WatchScript } from "../support/watch-script.ts";

const SENDER = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "sender" };
const SIGNAL = new AbortController().signal;

function deployment(version: number, replicas: number | undefined, more: object = {}): object {
  const metadata = { name: "sender", namespace: "shop", uid: "u", resourceVersion: String(version) };
  return { metadata, spec: { replicas, template: "x".repeat(100) }, ...more };
}

function scale(version: number, replicas?: number): { body: object } {
  const metadata = { name: "sender", namespace: "shop", uid: "u", resourceVersion: String(version) };
  return { body: { kind: "Scale", metadata, spec: replicas === undefined ? {} : { replicas } } };
}

interface Stage {
  readonly workloads: ClusterWorkloads;
  readonly script: WatchScript;
  readonly server: ScriptedHttp;
  readonly states: WorkloadState[];
  /** What /scale answers. */
  answer: (request: ScriptedRequest) => ScriptedAnswer;
  replicas(): number | undefined;
}

async function scaling(body: (stage: Stage) => Promise<void>): Promise<void> {
  await leavesNothingBehind(async () => {
    const script = new WatchScript();
    script.list = () => listOf([deployment(10, 2)], 10);
    const rivals = new WatchScript();
    const server = await scriptedHttp((request) => {
      if (request.url.pathname.endsWith("/scale")) return stage.answer(request);
      if (request.url.pathname === "/version") return { body: {} };
      if (request.url.pathname.includes("autoscaling")) return rivals.answer(request);
      return script.answer(request);
    });
    const client = plainClient(server.url);
    const workloads = new ClusterWorkloads({ client });
    const states: WorkloadState[] = [];
    const replicas = () => {
      const last = states.at(-1);
      return last?.state === "present" ? last.replicas : undefined;
    };
    const stage: Stage = { workloads, script, server, states, answer: () => scale(11, 0), replicas };
    const following = workloads.follow(SENDER, (state) => states.push(state));
    try {
      await eventually(async () => assert.ok(script.open && replicas() === 2));
      await body(stage);
    } finally {
      following.stop();
      workloads.close();
      await client.close();
      await server.close();
    }
  });
}

test("an old event that comes after the answer to a write does not bring back the old number", async () => {
  await scaling(async ({ workloads, script, states, replicas }) => {
    await workloads.scale(SENDER, { from: 2, to: 0 }, SIGNAL);
    assert.equal(replicas(), 0);
    script.say("MODIFIED", deployment(10, 2));
    script.say("MODIFIED", deployment(11, 0, { status: { availableReplicas: 2 } }));
    script.say("MODIFIED", deployment(12, 0, { status: { availableReplicas: 1 } }));
    await eventually(async () => assert.equal((states.at(-1) as { availableReplicas?: number }).availableReplicas, 1));
    assert.ok(states.slice(-2).every((state) => state.state === "present" && state.replicas === 0));
  });
});

test("missing spec.replicas is one replica, as the API has it; a zero that Go leaves out of a Scale is zero", async () => {
  await scaling(async (stage) => {
    stage.script.say("MODIFIED", deployment(20, undefined));
    await eventually(async () => assert.equal(stage.replicas(), 1));
    stage.answer = () => scale(21);
    await stage.workloads.scale(SENDER, { from: 1, to: 0 }, SIGNAL);
    assert.equal(stage.replicas(), 0);
  });
});

test("each write carries the resourceVersion that it was decided on, and nothing but the replicas is sent", async () => {
  await scaling(async (stage) => {
    await stage.workloads.scale(SENDER, { from: 2, to: 5, resourceVersion: "10" }, SIGNAL);
    await stage.workloads.scale(SENDER, { from: 5, to: 1, resourceVersion: "11" }, SIGNAL);
    const sent = stage.server.requests.filter(({ method }) => method === "PATCH").map(({ body }) => JSON.parse(body));
    assert.deepEqual(sent, [
      { metadata: { resourceVersion: "10" }, spec: { replicas: 5 } },
      { metadata: { resourceVersion: "11" }, spec: { replicas: 1 } },
    ]);
  });
});

test("a rise that conflicts is tried again at once with the newest resourceVersion, while it still is a rise", async () => {
  await scaling(async (stage) => {
    stage.script.list = () => listOf([deployment(15, 3)], 15);
    stage.answer = ({ body }) => {
      const isNewest = JSON.parse(body).metadata.resourceVersion === "15";
      return isNewest ? scale(16, 5) : { status: 409, body: status(409, "modified") };
    };
    await stage.workloads.scale(SENDER, { from: 2, to: 5, resourceVersion: "10" }, SIGNAL);
    assert.equal(stage.replicas(), 5);
    stage.script.list = () => listOf([deployment(20, 9)], 20);
    stage.answer = () => ({ status: 409, body: status(409, "modified") });
    const late = { from: 2, to: 5, resourceVersion: "10" };
    await assert.rejects(stage.workloads.scale(SENDER, late, SIGNAL), { kind: "Conflict" });
    assert.equal(stage.replicas(), 9);
    const patches = stage.server.requests.filter(({ method }) => method === "PATCH");
    assert.equal(patches.length, 3, "what is no rise any more is decided again");
  });
});

test("a client that changes our number three times is a rival, whether the watch or a conflict shows it", async () => {
  await scaling(async (stage) => {
    const { workloads, script, states } = stage;
    const rivals = () => (states.at(-1) as { rivals?: readonly string[] }).rivals ?? [];
    const fieldsV1 = { "f:spec": { "f:replicas": {} } };
    const helm = (version: number) => {
      const made = deployment(version, 2) as { metadata: object };
      const entry = { manager: "helm", operation: "Update", time: `2026-03-01T12:00:${version}Z`, fieldsV1 };
      return { ...made, metadata: { ...made.metadata, managedFields: [entry] } };
    };
    for (const version of [20, 30]) {
      stage.answer = () => scale(version, 5);
      await workloads.scale(SENDER, { from: 2, to: 5 }, SIGNAL);
      script.say("MODIFIED", helm(version + 1));
      await eventually(async () => assert.equal(stage.replicas(), 2));
    }
    stage.answer = () => scale(40, 5);
    await workloads.scale(SENDER, { from: 2, to: 5 }, SIGNAL);
    assert.deepEqual(rivals(), []);
    stage.answer = () => ({ status: 409, body: status(409, "modified") });
    script.list = () => listOf([helm(41)], 41);
    await assert.rejects(workloads.scale(SENDER, { from: 5, to: 1, resourceVersion: "40" }, SIGNAL), {
      kind: "Conflict",
    });
    assert.match(rivals()[0] ?? "", /^helm \(Update\), which set spec.replicas 3 times in 1 s/);
    assert.equal(rivals().length, 1);
  });
});

test("reports a conflict only after the current number is known, even if the watch is late", async () => {
  await scaling(async (stage) => {
    stage.answer = () => ({ status: 409, body: status(409, "modified") });
    stage.script.list = () => listOf([deployment(15, 6)], 15);
    const change = { from: 2, to: 0, resourceVersion: "10" };
    await assert.rejects(stage.workloads.scale(SENDER, change, SIGNAL), { kind: "Conflict" });
    assert.equal(stage.replicas(), 6);
  });
});

for (const [code, kind, retryAfter] of [
  [429, "Throttled", 3],
  [500, "Unavailable", undefined],
  [503, "Unavailable", 2],
  [403, "Forbidden", undefined],
] as const) {
  test(`an answer ${code} to a scaling is ${kind} and changes nothing that is known`, async () => {
    await scaling(async (stage) => {
      const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
      stage.answer = () => ({ status: code, headers, body: status(code, "no") });
      await assert.rejects(stage.workloads.scale(SENDER, { from: 2, to: 3 }, SIGNAL), (error: object) => {
        const { kind: got, retryAfterSeconds } = error as { kind?: string; retryAfterSeconds?: number };
        assert.deepEqual([got, retryAfterSeconds], [kind, retryAfter]);
        return true;
      });
      assert.equal(stage.replicas(), 2);
    });
  });
}

test("an answer that is no Scale is refused", async () => {
  await scaling(async (stage) => {
    stage.answer = () => ({ body: { kind: "Surprise" } });
    await assert.rejects(stage.workloads.scale(SENDER, { from: 2, to: 3 }, SIGNAL), /something that is no Scale/);
  });
});

test("followers of one kind share its watch, and a workload created again under the same name is a new one", async () => {
  await scaling(async ({ workloads, script, states }) => {
    const others = Array.from({ length: 50 }, (_, n) =>
      workloads.follow({ ...SENDER, name: `w-${n}` }, () => undefined),
    );
    assert.equal(script.watches.length, 1);
    script.say("DELETED", deployment(30, 2));
    await eventually(async () => assert.equal(states.at(-1)?.state, "missing"));
    const again = {
      ...deployment(31, 7),
      metadata: { name: "sender", namespace: "shop", uid: "v", resourceVersion: "31" },
    };
    script.say("ADDED", again);
    await eventually(async () => assert.deepEqual((states.at(-1) as { uid?: string }).uid, "v"));
    for (const other of others) other.stop();
  });
});
