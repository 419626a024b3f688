import { type Command, Option } from "commander";
import type { CheckOptions } from "./check-manifests.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions } from "./shared/options.ts";

/** `muster check`: validates manifests and PHPA files offline; with --probe it looks at their queues once. */
export function addCheck(program: Command): void {
  const command = program
    .command("check")
    .description("say what is wrong with manifests, with line and column; exit status 2 where something is")
    .argument("<files...>", "files, folders, or - for standard input")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("--strict", "count warnings, such as unknown fields, as errors")
    .option(
      "--probe",
      "read each queue once, and say what would be decided now; credentials come from the Secrets among the files",
    )
    .option("--current <replicas>", "with --probe: replicas that the workload has now", "0")
    .action(async (files: string[], options: CheckOptions) => {
      const { checkManifests } = await import("./check-manifests.ts");
      process.exitCode = await checkManifests(files, options);
    });
  addDefaultsOptions(command);
  withExamples(command, {
    "one file, or all of a folder": "muster check wpa.yaml manifests/",
    "what the cluster has": "kubectl get wpa -A -o yaml | muster check -",
    "read the queue once and say what would be done with 3 workers now": "muster check --probe --current 3 wpa.yaml",
    "read it with the credentials of a Secret":
      "kubectl get secret shop-db -n shop -o yaml | muster check --probe - wa.yaml",
    "for a program, in CI": "muster check --strict -o json manifests/",
  });
}
