import { type Command, Option } from "commander";
import type { CheckOptions } from "./check-manifests.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions } from "./shared/options.ts";

/** `muster check`: validates manifests and PHPA files offline; with --probe it reads their queues once. */
export function addCheck(program: Command): void {
  const command = program
    .command("check")
    .description("report problems of manifests with line and column; exits with status 2 on errors")
    .argument("<files...>", "files, folders, or - for standard input")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("--strict", "count warnings, such as unknown fields, as errors")
    .option("--probe", "read each queue once and show the decision; credentials come from the Secrets among the files")
    .option(
      "--cluster",
      "read from the cluster how long pods get to end, with your own rights, and warn where a message takes longer",
    )
    .option("--context <name>", "with --cluster: context of the kubeconfig; left out: its current one")
    .option("--kube-config <path>", "with --cluster: kubeconfig file; left out: KUBECONFIG, or ~/.kube/config")
    .option("--current <replicas>", "with --probe: current replicas of the workload", "0")
    .action(async (files: string[], options: CheckOptions) => {
      const { checkManifests } = await import("./check-manifests.ts");
      process.exitCode = await checkManifests(files, options);
    });
  addDefaultsOptions(command);
  withExamples(command, {
    "one file, or all of a folder": "muster check wpa.yaml manifests/",
    "what the cluster has": "kubectl get wpa -A -o yaml | muster check -",
    "read the queue once and show the decision for 3 workers": "muster check --probe --current 3 wpa.yaml",
    "warn where a scale-down may interrupt a message": "muster check --cluster wpa.yaml",
    "read it with the credentials of a Secret":
      "kubectl get secret shop-db -n shop -o yaml | muster check --probe - wa.yaml",
    "for a program, in CI": "muster check --strict -o json manifests/",
  });
}
