import type { Compared } from "../../lab/comparison.ts";
import type { Outcome } from "../../lab/outcome.ts";
import type { Rehearsal } from "../../lab/rehearsal.ts";
import { messagesIn } from "../../lab/traffic/traffic.ts";

/** The whole comparison for a program. */
export function asJson(
  compared: readonly Compared[],
  { traffic, workers, service, seed }: Omit<Rehearsal, "policy" | "autoscaler">,
  withSeries: boolean,
): string {
  const shown = {
    traffic: {
      name: traffic.name,
      start: new Date(traffic.start).toISOString(),
      seconds: traffic.durationMs / 1000,
      messages: messagesIn(traffic),
      remarks: traffic.remarks,
    },
    workers: { ...workers, service },
    seed,
    policies: compared.map(({ policy, settings, measures, outcomes }) => ({
      policy,
      ...(settings === undefined ? {} : { settings }),
      measures,
      runs: withSeries ? outcomes : outcomes.map(withoutSeries),
    })),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function withoutSeries({ series: _, noted: __, ...rest }: Outcome): Omit<Outcome, "series" | "noted"> {
  return rest;
}
