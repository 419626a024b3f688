import type { MaxDisruption } from "../autoscaler.ts";
import type { Mutable } from "../decision.ts";
import type { JudgedSignal } from "../judge.ts";
import type { Reading } from "../reading.ts";
import { counted } from "../wording.ts";
import { explainFloor, hasArrivals, rateFloor } from "./bounds.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";

/** WPA's proposal: as many workers as the unfinished messages need; for an empty queue the floor, or none if all idle. */
export const sizeForBacklog: Rule = {
  name: "sizeForBacklog",
  apply(replicas, deliberation) {
    const judged = deliberation.signals[0];
    if (judged?.reading === undefined) {
      return { replicas, because: `${judged?.doubt ?? "no signal"}: the number stays at ${replicas}` };
    }
    const outcome: Mutable<Outcome> = proposal(replicas, judged, judged.reading, deliberation);
    outcome.recommended = [outcome.replicas];
    return outcome;
  },
};

/** Whether the queue is empty and every worker is idle: then all may go at once, despite maxDisruption. */
function isEverybodyIdle({ situation, signals }: Deliberation): boolean {
  return signals.every(({ reading }) => {
    if (reading === undefined || reading.value > 0 || hasArrivals(situation.autoscaler, reading)) return false;
    if (reading.doubts?.length) return false;
    return reading.idleWorkers === "all" || reading.idleWorkers === situation.currentReplicas;
  });
}

function proposal(current: number, judged: JudgedSignal, reading: Reading, deliberation: Deliberation): Outcome {
  if (reading.value > 0 || current === 0) return forMessages(current, judged, reading);
  const { autoscaler } = deliberation.situation;
  const floor = rateFloor(autoscaler, reading);
  const why = explainFloor(autoscaler, reading);
  if (hasArrivals(autoscaler, reading)) return { replicas: floor, because: `no messages wait, but ${why}` };
  if (isEverybodyIdle(deliberation)) {
    const idle = current === 1 ? "the 1 worker is" : `all ${current} workers are`;
    return { replicas: 0, because: `no messages, and ${idle} idle` };
  }
  return { replicas: floor, because: `no messages: down to the least, as ${why}` };
}

function forMessages(current: number, { signal }: JudgedSignal, { value }: Reading): Outcome {
  if (signal.rule.kind !== "backlog") return { replicas: current, because: `${signal.name} has no backlog rule` };
  const { messagesPerReplica, tolerance } = signal.rule;
  const needed = Math.ceil(value / messagesPerReplica);
  const verb = value === 1 ? "needs" : "need";
  const sum = `${counted(value, "message")} at ${messagesPerReplica} per worker ${verb} ${counted(needed, "replica")}`;
  if (current > 0 && needed !== current && Math.abs(needed - current) / current <= tolerance) {
    return { replicas: current, because: `${sum}, within ${tolerance * 100} % of the present ${current}` };
  }
  return { replicas: needed, because: sum };
}

/** At most maxDisruption workers may go at once, unless the queue is empty and all are idle. */
export const limitDisruption: Rule = {
  name: "limitDisruption",
  apply(replicas, deliberation) {
    const { autoscaler, currentReplicas } = deliberation.situation;
    const { maxDisruption } = autoscaler;
    if (replicas >= currentReplicas || maxDisruption === undefined) return undefined;
    const disruptable = disruptableReplicas(maxDisruption, currentReplicas);
    if (currentReplicas - replicas <= disruptable || isEverybodyIdle(deliberation)) return undefined;
    return {
      replicas: currentReplicas - disruptable,
      because: `maxDisruption ${written(maxDisruption)} lets at most ${disruptable} of ${counted(currentReplicas, "replica")} go at once`,
      limited: "MaxDisruption",
    };
  },
};

function disruptableReplicas(maxDisruption: MaxDisruption, current: number): number {
  if ("count" in maxDisruption) return maxDisruption.count;
  return Math.ceil((maxDisruption.percent * current) / 100);
}

function written(maxDisruption: MaxDisruption): string {
  return "count" in maxDisruption ? String(maxDisruption.count) : `${maxDisruption.percent}%`;
}
