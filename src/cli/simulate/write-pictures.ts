import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Compared } from "../../simulation/comparison.ts";
import type { Rehearsal } from "../../simulation/rehearsal.ts";
import { mainChart } from "../../simulation/report/main-chart.ts";
import { type PageAssets, reportPage } from "../../simulation/report/report-page.ts";
import { shipped } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import type { SimulateOptions } from "./simulate-options.ts";

/** Writes the picture and the page that were asked for. */
export function writePictures(
  { svg, report }: Pick<SimulateOptions, "svg" | "report">,
  compared: readonly Compared[],
  terms: Omit<Rehearsal, "policy" | "autoscaler">,
): void {
  if (svg !== undefined) write("--svg", svg, mainChart(compared.flatMap(({ outcomes }) => outcomes.slice(0, 1))));
  if (report !== undefined) write("--report", report, reportPage(compared, terms, assets()));
}

function write(flag: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(`${flag}: ${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

function assets(): PageAssets {
  const charts = dirname(createRequire(import.meta.url).resolve("uplot"));
  return {
    chartScript: readFileSync(join(charts, "uPlot.iife.min.js"), "utf8"),
    chartStyle: readFileSync(join(charts, "uPlot.min.css"), "utf8"),
    script: readFileSync(shipped("web/report/page.js"), "utf8"),
    style: readFileSync(shipped("web/report/page.css"), "utf8"),
  };
}
