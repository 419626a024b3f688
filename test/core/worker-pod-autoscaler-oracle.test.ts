import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type Situation } from "../../src/core/index.ts";
import { trustedSituation } from "../support/situations.ts";

/** The inputs, named as the specification names them; -1 where the number of idle workers is unknown. */
function inputs({ autoscaler, currentReplicas: current, signals }: Situation) {
  const reading = signals.queue?.reading;
  const rule = autoscaler.signals[0]?.rule;
  if (reading === undefined || rule?.kind !== "backlog") throw new Error("a trusted reading is needed");
  const seconds = autoscaler.secondsPerMessage ?? 0;
  const rate = reading.arrivalsPerMinute ?? 0;
  const idle = reading.idleWorkers === "all" ? current : (reading.idleWorkers ?? -1);
  const { minReplicas: min, maxReplicas: max, maxDisruption } = autoscaler;
  const floor = seconds > 0 ? Math.max(min, Math.ceil((seconds * rate) / 60)) : min;
  let disruptable = current;
  if (maxDisruption !== undefined) {
    disruptable = "percent" in maxDisruption ? Math.ceil((maxDisruption.percent * current) / 100) : maxDisruption.count;
  }
  return {
    messages: reading.value,
    target: rule.messagesPerReplica,
    seconds,
    rate,
    idle,
    current,
    floor,
    max,
    disruptable,
  };
}

/** Step 3 of the specification: the proposal, and how many workers may go for it. */
function proposed(i: ReturnType<typeof inputs>): [proposal: number, disruptable: number] {
  const proposal = Math.ceil(i.messages / i.target);
  if (i.current === 0) return [proposal, i.disruptable];
  if (i.messages > 0) {
    return [Math.abs(proposal - i.current) / i.current <= 0.1 ? i.current : proposal, i.disruptable];
  }
  if (i.rate > 0 && i.seconds > 0) return [i.floor, i.disruptable];
  return i.idle === i.current ? [0, i.current] : [i.floor, i.disruptable];
}

/** The specified algorithm once more, as one straight line and with nothing shared with the rules. */
function specified(situation: Situation): number {
  const i = inputs(situation);
  let [answer, disruptable] = proposed(i);
  if (i.floor >= i.max) answer = i.max;
  else {
    if (i.current - answer > disruptable) answer = i.current - disruptable;
    if (answer > i.max) answer = i.max;
    if (answer < i.floor) answer = i.floor;
  }
  const { autoscaler, memory, now } = situation;
  if (answer >= i.current || memory.lastScaleAt === undefined) return answer;
  return now - memory.lastScaleAt > autoscaler.coolDownSeconds * 1000 ? answer : i.current;
}

test("the rules give the specified number for every input in range", () => {
  fc.assert(
    fc.property(trustedSituation, (situation) => {
      assert.equal(decide(situation).desiredReplicas, specified(situation));
    }),
    { numRuns: 20_000 },
  );
});
