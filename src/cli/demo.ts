import type { Command } from "commander";
import { withExamples } from "./shared/help.ts";

/** `muster demo`: the main job on a laptop, with no cluster and no AWS account. */
export function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .summary("watch a Deployment go 0 -> N -> 0 on an embedded cluster and queue")
    .description(
      "Start an embedded Kubernetes API and an SQS-compatible queue, apply the manifests in examples/, send a burst of\n" +
        "messages, and show `muster run` scale the Deployment from zero and back, with the reason of each step.\n" +
        "The act `metrics` shows a PHPA file driving a Deployment by a lag in Graphite, `jobs` a Job for each message.\n" +
        "Needs no cluster, no AWS account and no root. Its course takes less than 90 seconds; in a terminal it stays up\n" +
        "after that until Ctrl-C, so that you can look around.",
    )
    .argument("[act]", "queue, metrics or jobs", "queue")
    .option("--stay", "stay up until Ctrl-C, also where nobody watches in a terminal")
    .option("--no-stay", "end after the course, also in a terminal")
    .action(async (act: string, { stay }: { readonly stay?: boolean }) => {
      const { runDemo } = await import("../demo/play.ts");
      await runDemo(act, stay ?? (process.stdin.isTTY && process.stdout.isTTY));
    });
  withExamples(command, {
    "a live picture in a terminal": "muster demo",
    "plain lines": "muster demo | cat",
    "scale on a metric, by a PHPA file": "muster demo metrics",
    "Jobs in place of a Deployment": "muster demo jobs",
  });
}
