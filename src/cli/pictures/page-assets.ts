import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { PageAssets } from "../../lab/report/page.ts";
import { shippedPath } from "../../shared/shipped.ts";

/** What a page has within itself. */
export function pageAssets(): PageAssets {
  const charts = dirname(createRequire(import.meta.url).resolve("uplot"));
  return {
    chartScript: readFileSync(join(charts, "uPlot.iife.min.js"), "utf8"),
    chartStyle: readFileSync(join(charts, "uPlot.min.css"), "utf8"),
    script: readFileSync(shippedPath("web/report/page.js"), "utf8"),
    style: readFileSync(shippedPath("web/report/page.css"), "utf8"),
  };
}
