import * as z from "zod";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** A Kubernetes label selector. */
export const labelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.enum(OPERATORS), values: z.array(z.string()).default([]) }))
    .default([]),
});

/** The same as Prometheus' label matchers, with their braces; nothing where it selects everything. */
export function labelMatchers({ matchLabels, matchExpressions }: z.output<typeof labelSelector>): string {
  const equal = Object.entries(matchLabels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const others = matchExpressions.map(({ key, operator, values }) => {
    const anyOf = JSON.stringify(values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"));
    const matcher = { In: `=~${anyOf}`, NotIn: `!~${anyOf}`, Exists: '!=""', DoesNotExist: '=""' }[operator];
    return `${key}${matcher}`;
  });
  const all = [...equal, ...others];
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}
