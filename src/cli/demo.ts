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
        "Needs no cluster, no AWS account and no root; ends by itself within 90 seconds.",
    )
    .argument("[act]", "queue, metrics or jobs", "queue")
    .action(async (act: string) => {
      const { runDemo } = await import("../demo/play.ts");
      await runDemo(act);
    });
  withExamples(command, {
    "a live picture in a terminal": "muster demo",
    "plain lines": "muster demo | cat",
    "scale on a metric, by a PHPA file": "muster demo metrics",
    "Jobs in place of a Deployment": "muster demo jobs",
  });
}
