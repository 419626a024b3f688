// Writes deploy/dashboards/*.json; with --check it only compares.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { autoscalerDashboard } from "./dashboards/autoscaler.ts";
import { controllerDashboard } from "./dashboards/controller.ts";
import { fleetDashboard } from "./dashboards/fleet.ts";

const FOLDER = "deploy/dashboards";

mkdirSync(FOLDER, { recursive: true });
for (const build of [fleetDashboard, autoscalerDashboard, controllerDashboard]) {
  const dashboard = build();
  const path = `${FOLDER}/${dashboard.uid}.json`;
  const text = `${JSON.stringify(dashboard, undefined, 2)}\n`;
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
  } else if (!existsSync(path) || text !== readFileSync(path, "utf8")) {
    process.stderr.write(`${path} is not what scripts/dashboards makes: run \`make generate\`\n`);
    process.exitCode = 1;
  }
}
