// Writes docs/metrics.md from the metrics that the code registers; with --check it only compares.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Metrics } from "../src/server/metrics.ts";

const PAGE = "docs/metrics.md";
const HEAD = `<!-- Generated from src/server by \`make generate\`: do not edit. -->

# Metrics

Served on \`/metrics\` of \`--metrics-port\` (8787). Metrics whose names begin with \`wpa_\` are those of practo's controller,
label for label, so that its dashboards and alerts go on. A series ends with its object: nothing is left behind.
`;

const metrics = new Metrics("0.0.0");
metrics.follow({ held: () => [], isLeading: false, load: { observations: 0, queued: 0 } });
metrics.followLoop(() => 0);
const all = [...metrics.registry.getMetricsAsArray(), ...metrics.families].sort((a, b) => (a.name < b.name ? -1 : 1));
const row = ({ name, type, labelNames, help }) =>
  `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(", ")} | ${help} |\n`;
const table = (title, wanted) =>
  `\n## ${title}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n${all.filter(wanted).map(row).join("")}`;
const isOriginal = ({ name }) => name.startsWith("wpa_");
const isOwn = ({ name }) => name.startsWith("muster_");
const text =
  HEAD +
  table("The original's", isOriginal) +
  table("Muster's own", isOwn) +
  table("The process", (metric) => !isOriginal(metric) && !isOwn(metric));

if (!process.argv.includes("--check")) {
  writeFileSync(PAGE, text);
} else if (!existsSync(PAGE) || text !== readFileSync(PAGE, "utf8")) {
  process.stderr.write(`${PAGE} is not what src/server registers: run \`make generate\`\n`);
  process.exitCode = 1;
}
