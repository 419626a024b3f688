import type { Condition, Decision, Incident } from "../core/index.ts";

/** An event's message is cut by Kubernetes at 1024 bytes. */
const LONGEST_MESSAGE = 1_000;

/** What happened between two accounts' conditions that is worth an event: trouble that began or changed, or ended. */
export function incidentsBetween(before: readonly Condition[], after: readonly Condition[]): readonly Incident[] {
  return after.flatMap((condition) => {
    const last = before.find(({ type }) => type === condition.type);
    const incident = condition.type === "ScalingLimited" ? lastingLimit(last, condition) : incidentOf(last, condition);
    return incident === undefined ? [] : [incident];
  });
}

/** Limits are how things should be, but for these, with what it means that they are over. */
const LASTING: Readonly<Record<string, { readonly type: Incident["type"]; readonly end: string }>> = {
  Stalled: { type: "Warning", end: "messages do not wait too long, or are finished" },
  HeldByBusyWorkers: { type: "Normal", end: "the workers were stopped, or are needed again" },
  WorkersUnknown: { type: "Warning", end: "it is known who is busy, or nobody is to be stopped" },
};

function lastingLimit(before: Condition | undefined, now: Condition): Incident | undefined {
  if (before?.reason === now.reason) return undefined;
  const begun = LASTING[now.reason];
  if (begun !== undefined) {
    return { type: begun.type, reason: now.reason, message: now.message.slice(0, LONGEST_MESSAGE) };
  }
  const ended = LASTING[before?.reason ?? ""];
  if (before === undefined || ended === undefined) return undefined;
  return { type: "Normal", reason: "Recovered", message: `${before.reason} is over: ${ended.end}` };
}

function incidentOf(before: Condition | undefined, now: Condition): Incident | undefined {
  if (isTrouble(now)) {
    const known = before !== undefined && isTrouble(before) && trouble(before) === trouble(now);
    if (known) return undefined;
    return { type: "Warning", reason: now.reason, message: now.message.slice(0, LONGEST_MESSAGE) };
  }
  const isOver = now.type === "FallbackActive" ? now.status === "False" : now.status === "True";
  if (isOver && before !== undefined && isTrouble(before)) {
    return {
      type: "Normal",
      reason: "Recovered",
      message: `${before.reason} is over: ${now.message}`.slice(0, LONGEST_MESSAGE),
    };
  }
  return undefined;
}

/** Reasons of conditions that are True and nevertheless somebody should hear of. */
const WORRIES = ["WorkloadContested", "AcceptedWithWarnings", "PartlyReadable"];
/** Reasons of conditions that are not True: somebody wanted it so, it is too early to tell, or Ready says it already. */
const EXPECTED = ["ScalingDisabled", "NotReadYet", "NotReady"];

/** Whether somebody should know of it: what is not as it should be, and what is but has something wrong with it. */
export function isTrouble({ type, status, reason }: Condition): boolean {
  if (type === "FallbackActive") return status === "True";
  if (type === "ScalingLimited") return LASTING[reason]?.type === "Warning";
  // ScalingActive says it too.
  if (type === "Ready" && reason.endsWith("Unreadable")) return false;
  return status === "True" ? WORRIES.includes(reason) : !EXPECTED.includes(reason);
}

/** Reasons whose message changes only when somebody writes something else, which must be answered. */
const OF_WHAT_IS_WRITTEN = [
  ...["InvalidSpec", "AcceptedWithWarnings"],
  ...["SecretMissing", "SecretKeyMissing", "SecretForbidden", "SecretUnreadable"],
];

/** A signal's name and its failure's kind stand before the second colon; what follows may hold changing numbers. */
function trouble({ reason, message }: Condition): string {
  if (OF_WHAT_IS_WRITTEN.includes(reason)) return `${reason} ${message}`;
  return `${reason} ${reason.endsWith("Unreadable") ? message.split(":").slice(0, 2).join(":") : ""}`;
}

/** The event of a scaling that was done. */
export function rescaled(from: number, decision: Decision): Incident {
  const message = `New size: ${decision.desiredReplicas}, was ${from}; reason: ${reasonsOf(decision)}`;
  return { type: "Normal", reason: "SuccessfulRescale", message: message.slice(0, LONGEST_MESSAGE) };
}

/** All that a decision's rules said, in their order. */
export function reasonsOf({ steps }: Decision): string {
  return steps
    .map(({ because }) => because)
    .join("; ")
    .slice(0, LONGEST_MESSAGE);
}
