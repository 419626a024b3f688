import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findConnection } from "../../src/kubernetes/connection/find-connection.ts";
import { Heartbeat } from "../../src/kubernetes/lease/lease-state.ts";
import { ThreadedLeadership } from "../../src/kubernetes/lease/threaded-leadership.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/waiting.ts";

const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
const THREAD = fileURLToPath(new URL("../../src/lease-thread.ts", import.meta.url));

describe("a lease that a thread keeps", { skip, timeout: 500_000 }, () => {
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;

  before(async () => {
    plane = await startControlPlane();
    client = await clusterClient(plane);
    objects = objectsOf(client);
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });

  /** Leads by the lease of this name until the body is done. */
  async function leading(
    name: string,
    body: (world: World) => Promise<void>,
    file = THREAD,
  ): Promise<readonly string[]> {
    const heartbeat = new Heartbeat();
    const problems: string[] = [];
    const terms: AbortSignal[] = [];
    const leadership = new ThreadedLeadership({
      connection: await findConnection({ path: plane.kubeconfigPath }),
      ...{ namespace: "default", name, holder: name, mayTakeBack: false, userAgent: "test", heartbeat, file },
      observe: () => undefined,
      onProblem: ({ message }) => problems.push(message),
      onNoThread: ({ message }) => problems.push(message),
    });
    const stop = new AbortController();
    heartbeat.start();
    const running = leadership.run(async (term) => {
      terms.push(term);
      await new Promise((resolve) => term.addEventListener("abort", resolve, { once: true }));
    }, stop.signal);
    try {
      await eventually(async () => assert.equal(terms.length, 1, problems.join("\n")));
      await body({ leadership, terms, lease: () => leaseOf(objects, name) });
    } finally {
      stop.abort();
      await running;
      heartbeat.stop();
    }
    assert.equal((await leaseOf(objects, name)).holderIdentity ?? "", "", "the lease was given back");
    return problems;
  }

  test("is renewed while the main loop is busy, for as long as a lease lasts", async () => {
    await leading("busy", async ({ leadership, terms, lease }) => {
      block(3_000);
      const endedAt = Date.now();
      const { renewTime } = await lease();
      assert.ok(endedAt - Date.parse(renewTime) < 2_500, `renewed ${endedAt - Date.parse(renewTime)} ms before`);
      assert.equal(terms[0]?.aborted, false);
      await mayWrite(leadership);
    });
  });

  test("nothing may be written after a busy time until the lease is renewed, which wakes waiting writes", async () => {
    await leading("gap", async ({ leadership }) => {
      let granted = 0;
      leadership.permit.onGranted(() => {
        granted += 1;
      });
      await mayWrite(leadership);
      granted = 0;
      block(1_500);
      assert.equal(leadership.permit.leftMs(), 0, "first it renews");
      await eventually(async () => assert.ok(granted > 0));
      await mayWrite(leadership);
    });
  });

  test("is given up when the main loop is stuck for longer than it lasts, and taken again after that", async () => {
    await leading("stuck", async ({ leadership, terms, lease }) => {
      block(12_000);
      const endedAt = Date.now();
      const { renewTime, leaseDurationSeconds } = await lease();
      const since = endedAt - Date.parse(renewTime);
      const isTakenAgain = since <= 0;
      assert.ok(isTakenAgain || since > leaseDurationSeconds * 1_000, `it was renewed ${since} ms before the end`);
      if (!isTakenAgain) assert.equal(leadership.permit.leftMs(), 0);
      await eventually(async () => assert.equal(terms.length, 2));
      assert.equal(terms[0]?.aborted, true);
      await mayWrite(leadership);
    });
  });

  test("the main thread keeps it when no thread can be started", async () => {
    const missing = fileURLToPath(new URL("no-such-thread.ts", import.meta.url));
    const problems = await leading("no-thread", ({ leadership }) => mayWrite(leadership), missing);
    assert.match(problems.join("\n"), /no-such-thread/);
  });
});

interface World {
  readonly leadership: ThreadedLeadership;
  /** One for each time that it was elected. */
  readonly terms: readonly AbortSignal[];
  readonly lease: () => Promise<LeaseSpec>;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly renewTime: string;
  readonly leaseDurationSeconds: number;
}

async function leaseOf(objects: Objects, name: string): Promise<LeaseSpec> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name}`;
  return ((await objects.get(path)) as { spec: LeaseSpec }).spec;
}

function mayWrite({ permit }: ThreadedLeadership): Promise<void> {
  return eventually(async () => assert.ok(permit.leftMs() > 0, "it may not write"));
}

/** Keeps this thread's event loop busy. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
