import assert from "node:assert/strict";
import { test } from "node:test";
import type { Completions } from "../../src/core/index.ts";
import { renderWorkerAutoscalerStatus } from "../../src/formats/status.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { learningRule } from "../support/drains.ts";

const MINUTE = 60_000;
const OWN = { profile: "worker-autoscaler", coolDownSeconds: 60 } as const;
const WORKERS = 3;
const PER_MINUTE = 45;

interface Status {
  readonly signals: readonly { readonly learned?: { readonly secondsPerMessage: number; readonly messages: number } }[];
  readonly lastDecision: { readonly steps: readonly { readonly because: string }[] };
}

/** A controller whose drain rule watches a queue that has three messages in hands all the time. */
async function drainWorld() {
  const world = controllerWorld();
  world.workloads.set("mail", WORKERS);
  world.controller.keep(parsedAutoscaler("mail", { ...OWN, signal: { rule: learningRule(), freshnessSeconds: 120 } }));
  world.queue("mail").answer = { value: WORKERS, waiting: 0, inFlight: WORKERS, completions: [] };
  await world.elect();
  const account = () => world.reporter.accounts.get("mail");
  const status = () => renderWorkerAutoscalerStatus(account() as never) as unknown as Status;
  return { ...world, account, status };
}

test("what CloudWatch tells five minutes late is in the status, with the messages it was learned from", async () => {
  const { clock, queue, status, workloads, stop } = await drainWorld();
  for (let minute = 0; minute < 12; minute++) {
    await clock.advance(MINUTE);
    const until = Math.floor(clock.wall() / MINUTE) * MINUTE - 5 * MINUTE;
    const completions: Completions[] = [5, 4, 3, 2, 1].map((ago) => {
      const from = until - ago * MINUTE;
      return { from, until: from + MINUTE, messages: PER_MINUTE };
    });
    queue("mail").answer = { value: WORKERS, waiting: 0, inFlight: WORKERS, completions };
  }
  const { secondsPerMessage = 0, messages = 0 } = status().signals[0]?.learned ?? {};
  assert.equal(secondsPerMessage, (WORKERS * 60) / PER_MINUTE);
  assert.ok(messages >= PER_MINUTE && messages <= 7 * PER_MINUTE, `${messages}`);
  assert.match(
    status().lastDecision.steps[0]?.because ?? "",
    /4 s a message \(learned from \d+ messages, \d{3} s ago\)/,
  );
  assert.equal(workloads.replicas("mail"), WORKERS);
  await stop();
});

test("without the right to ask CloudWatch it works by the counts, and the status says why nothing is learned", async () => {
  const { clock, queue, status, account, workloads, stop } = await drainWorld();
  const doubts = [{ kind: "Unauthorized" as const, message: "allow cloudwatch:GetMetricData in its IAM policy" }];
  queue("mail").answer = { value: 8, waiting: 5, inFlight: WORKERS, completions: [], doubts };
  await clock.advance(10 * MINUTE);
  assert.equal(workloads.replicas("mail"), 8);
  assert.equal(status().signals[0]?.learned, undefined);
  assert.match(
    status().lastDecision.steps[0]?.because ?? "",
    /counts as all of 60 s, .* cannot be learned now \(Unauthorized: allow cloudwatch:GetMetricData/,
  );
  const partly = account()?.conditions.find(({ reason }) => reason === "PartlyReadable");
  assert.match(partly?.message ?? "", /cloudwatch:GetMetricData/);
  await stop();
});
