import type { Account } from "../core/index.ts";
import { renderConditions, renderDecision, renderScaling, rfc3339 } from "./shared/status.ts";

/**
 * A WorkerPodAutoScaler's status: the original's five fields, spelled as it spells them, and ours. What is not known
 * keeps its previous value, so that a restart does not make the status flicker.
 */
export function renderWorkerPodAutoscalerStatus(
  account: Account,
  previous: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const status = {
    ...previous,
    observedGeneration: account.observedGeneration,
    CurrentMessages: account.signals.queue?.reading?.value,
    CurrentReplicas: account.currentReplicas,
    AvailableReplicas: account.availableReplicas,
    DesiredReplicas: account.decision?.desiredReplicas,
    LastScaleTime: account.lastScaleAt === undefined ? undefined : rfc3339(account.lastScaleAt),
    conditions: renderConditions(account, previous.conditions),
    lastDecision: renderDecision(account, previous.lastDecision),
    lastScaling: renderScaling(account),
  };
  const known = Object.entries(status).map(([name, value]) => [name, value ?? previous[name]] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}
