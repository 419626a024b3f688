import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { LeaseLeadership } from "../../src/kubernetes/lease/lease-leadership.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { type FaultProxy, faultProxy } from "../support/fault-proxy.ts";
import { eventually, within } from "../support/waiting.ts";

const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);

describe("leadership by a real Lease", { skip, timeout: 500_000 }, () => {
  let plane: ControlPlane;
  let proxy: FaultProxy;
  let clients: ConnectedClient[];
  const spans: { readonly identity: string; readonly from: number; to?: number }[] = [];
  const stops: AbortController[] = [];
  const runs: Promise<void>[] = [];

  before(async () => {
    plane = await startControlPlane();
    proxy = await faultProxy(Number(new URL(plane.url).port));
    clients = [await clusterClient(plane), await clusterClient(plane, { port: proxy.port })];
  });
  after(async () => {
    for (const stop of stops) stop.abort();
    await Promise.all(runs);
    for (const client of clients ?? []) await client.close();
    await proxy?.close();
    await plane?.stop();
  });

  /** A candidate that notes when it led. */
  function candidate(
    identity: string,
    name: string,
    client: ConnectedClient | undefined,
    timing = SHORT,
  ): AbortController {
    assert.ok(client);
    const stop = new AbortController();
    stops.push(stop);
    const leadership = new LeaseLeadership({ client, namespace: "default", name, holder: identity, timing });
    const elected = async (leading: AbortSignal): Promise<void> => {
      const span: (typeof spans)[number] = { identity, from: performance.now() };
      spans.push(span);
      await new Promise<void>((resolve) => leading.addEventListener("abort", () => resolve(), { once: true }));
      span.to = performance.now();
    };
    runs.push(leadership.run(elected, stop.signal));
    return stop;
  }

  function spansOf(...identities: string[]): typeof spans {
    return spans.filter(({ identity }) => identities.includes(identity));
  }

  test("of two candidates one leads, and hands over at once when it stops", async () => {
    const first = candidate("one", "handed-over", clients[0], USUAL);
    await eventually(async () => assert.equal(spansOf("one").length, 1));
    const second = candidate("two", "handed-over", clients[0], USUAL);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(spansOf("two").length, 0);
    first.abort();
    await eventually(async () => assert.equal(spansOf("two").length, 1));
    const [one, two] = spansOf("one", "two");
    assert.ok(one?.to !== undefined && two && two.from >= one.to, "never both");
    assert.ok(two.from - one.to < USUAL.retryPeriodSeconds * 500, `took over after ${two.from - one.to} ms`);
    second.abort();
    await Promise.all(runs);
    const lease = (await objectsOf(clients[0] as ConnectedClient).get(leasePath("handed-over"))) as {
      spec: { holderIdentity?: string; leaseTransitions: number };
    };
    assert.equal(lease.spec.holderIdentity ?? "", "");
    assert.equal(lease.spec.leaseTransitions, 1);
  });

  test("a leader that is killed is replaced within the lease time", async () => {
    const child = fork(new URL("../support/lease-candidate.ts", import.meta.url), [
      plane.kubeconfigPath,
      "killed",
      JSON.stringify(SHORT),
    ]);
    await within(20_000, new Promise((resolve) => child.once("message", resolve)));
    const stop = candidate("survivor", "killed", clients[0]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(spansOf("survivor").length, 0);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    const killedAt = performance.now();
    await gone;
    await eventually(async () => assert.equal(spansOf("survivor").length, 1));
    const took = (spansOf("survivor")[0]?.from ?? 0) - killedAt;
    assert.ok(took < (SHORT.leaseDurationSeconds + 2 * SHORT.retryPeriodSeconds) * 1000, `took ${took} ms`);
    stop.abort();
  });

  test("a leader that is cut off has stopped before another starts", async () => {
    const cut = candidate("cut-off", "cut-off", clients[1]);
    await eventually(async () => assert.equal(spansOf("cut-off").length, 1));
    const other = candidate("other", "cut-off", clients[0]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await proxy.refuse();
    await eventually(async () => assert.equal(spansOf("other").length, 1));
    const [first, second] = spansOf("cut-off", "other");
    assert.ok(first?.to !== undefined && second && first.to <= second.from, "the old leader had stopped");
    await proxy.accept();
    cut.abort();
    other.abort();
  });

  test("an API server that hangs ends leadership within the renew deadline; it resumes when the server does", async () => {
    const stop = candidate("paused", "paused", clients[0]);
    await eventually(async () => assert.equal(spansOf("paused").length, 1));
    const pausedAt = performance.now();
    plane.pauseApiServer();
    try {
      await eventually(async () => assert.ok(spansOf("paused")[0]?.to !== undefined));
    } finally {
      plane.resumeApiServer();
    }
    const stopped = (spansOf("paused")[0]?.to ?? 0) - pausedAt;
    assert.ok(stopped <= SHORT.leaseDurationSeconds * 1000, `stopped after ${stopped} ms`);
    await eventually(async () => assert.equal(spansOf("paused").length, 2));
    stop.abort();
  });
});

/** With so long a retry, who takes over sooner was woken by the change. */
const USUAL = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 6 };
/** A tenth to a fifth of the defaults, so that the tests need not wait for long. */
const SHORT = { leaseDurationSeconds: 3, renewDeadlineSeconds: 2, retryPeriodSeconds: 0.4 };

function leasePath(name: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name}`;
}
