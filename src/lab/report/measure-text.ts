import { percent } from "../../core/wording.ts";
import { inWords } from "../duration.ts";
import type { Measure } from "../measures.ts";
import type { Estimate } from "../statistics/confidence.ts";

/** A column's head; that of the objective names it. */
export function headText({ name, head }: Measure, objectiveSeconds: number | undefined): string {
  return name === "shareOverObjective" ? `over ${inWords(objectiveSeconds ?? 0)}` : head;
}

/** A measure as a cell of a table shows it, with its interval where there is one. */
export function cellText({ unit }: Measure, estimate: Estimate | undefined): string {
  if (estimate === undefined) return "-";
  const { mean, plusMinus } = estimate;
  return plusMinus === undefined ? shown(mean, unit) : `${shown(mean, unit)} ±${shown(plusMinus, unit)}`;
}

function shown(value: number, unit: Measure["unit"]): string {
  switch (unit) {
    case "seconds":
      return inWords(value);
    case "share":
      return percent(value);
    case "ratio":
      return value.toFixed(2);
    default:
      return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  }
}
