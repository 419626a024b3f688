import type { Command } from "commander";
import type { PhpaOptions } from "./evaluate-phpa.ts";
import { withExamples } from "./shared/help.ts";

/** `muster phpa -f FILE`: one evaluation of a PHPA file, then the end; for a CronJob. */
export function addPhpa(program: Command): void {
  const command = program
    .command("phpa")
    .summary("evaluate one PHPA file once, act, and exit")
    .description(
      "Read the metric that a PHPA file names, decide, scale the Deployment if necessary, and exit.\n" +
        "Exit status: 0 it acted or had nothing to do, 1 it failed, 2 the file is wrong.\n" +
        "To run a whole folder continuously: muster run --phpa-config DIR.",
    )
    .option("-f, --file <file>", "the PHPA file")
    .option("--kube-config <path>", "kubeconfig file; left out: KUBECONFIG, ~/.kube/config, or the cluster it runs in")
    .option("--dry-run", "print the decision, but never scale", false)
    .option("-o, --output <format>", "text or json", "text")
    .option("--quit", "for preStop hooks written for PHPA: exits at once, as SIGTERM lets a write finish", false)
    .action(async (options: PhpaOptions) => {
      const { evaluateOnce } = await import("./evaluate-phpa.ts");
      process.exitCode = await evaluateOnce(options);
    });
  withExamples(command, {
    "one evaluation, as a CronJob makes it": "muster phpa -f consumer.yaml",
    "what it would do now": "muster phpa -f consumer.yaml --dry-run -o json",
  });
}
