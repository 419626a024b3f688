import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenPod } from "../../src/kubernetes/ports.ts";
import { BusyStage } from "../support/busy-stage.ts";
import { controlPlaneSkip } from "../support/control-plane.ts";
import { protectionServer } from "../support/protection-server.ts";
import { eventually } from "../support/waiting.ts";

const MOST = 6;
const ROUNDS = 3;
const SIGNAL = new AbortController().signal;

type Server = Awaited<ReturnType<typeof protectionServer>>;

describe("workers that begin no work without protection, on a real control plane", {
  skip: controlPlaneSkip(),
  timeout: 580_000,
}, () => {
  let stage: BusyStage;
  let server: Server;
  /** From Kubernetes 1.22 on. */
  let costsCount: boolean;

  before(async () => {
    stage = await BusyStage.open();
    costsCount = await stage.pods.ordersByCost(SIGNAL);
    server = await protectionServer({
      // Which pod a token is for, test/cluster/protection.test.ts asks the real API server.
      tokens: {
        podOf: async (token) => withUid(token, await stage.pods.find(podOf(token), SIGNAL)),
      },
      pods: stage.pods,
      now: Date.now,
    });
  });
  after(async () => {
    await server?.close();
    await stage?.close();
  });

  function podOf(token: string) {
    return { namespace: "default", name: token.split(".")[1] ?? "" };
  }

  function withUid(token: string, pod: { readonly uid: string } | undefined): TokenPod {
    return pod === undefined ? "unknown" : { ...podOf(token), uid: pod.uid };
  }

  /** Takes messages at random moments, begins none that it may not, until aborted. */
  async function work(pod: string, counts: Counts, signal: AbortSignal): Promise<void> {
    const token = `a.${pod}.c`;
    while (!signal.aborted) {
      await sleep(Math.random() * 2_500);
      const { code } = await server.call("PUT", token, { expiresInSeconds: 60 });
      if (code === 200) {
        counts.begun += 1;
        stage.says.set(pod, "busy");
        await sleep(Math.random() * 1_500);
        stage.says.delete(pod);
        await server.call("DELETE", token);
      } else if (code === 409) counts.refused += 1;
      else if (code === 401) return;
    }
  }

  for (const kind of ["Deployment", "StatefulSet"]) {
    test(`a ${kind} that is scaled down again and again never loses one at work`, async (context) => {
      const name = `protected-${kind.toLowerCase()}`;
      await stage.workers(name, MOST, kind);
      const counts: Counts = { begun: 0, refused: 0 };
      const ending = new AbortController();
      const working = new Map<string, Promise<void>>();
      const byProtectionAlone: object = { probe: undefined };
      const run = await stage.control(name, MOST, byProtectionAlone, { kind });
      const hire = async () => {
        for (const pod of await stage.present(name, kind)) {
          if (!working.has(pod.uid)) working.set(pod.uid, work(pod.name, counts, ending.signal));
        }
      };
      for (let round = 0; round < ROUNDS; round += 1) {
        run.want(MOST);
        await stage.ready(name, MOST, kind);
        await hire();
        await sleep(Math.random() * 3_000);
        run.want(1);
        // Before costs count, a busy pod may stand before all idle ones for as long as the test lasts.
        if (kind === "StatefulSet" || costsCount) {
          // Each look finds the StatefulSet's last pod at work more than once in three.
          const fell = async () => assert.ok((await stage.replicas(name, kind)) < MOST);
          await eventually(fell, { patienceMs: 150_000 });
        }
        await sleep(2_000);
      }
      ending.abort();
      await Promise.all(working.values());
      await run.close();
      context.diagnostic(JSON.stringify(counts));
      assert.deepEqual(await stage.interrupted(name, kind), []);
      assert.ok(counts.begun > 0, JSON.stringify(counts));
      if (costsCount) assert.ok(counts.refused > 0, JSON.stringify(counts));
    });
  }
});

interface Counts {
  begun: number;
  refused: number;
}
