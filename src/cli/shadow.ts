import { type Command, Option } from "commander";
import type { ShadowOptions } from "./run-shadow.ts";
import { withExamples } from "./shared/help.ts";
import { addControllerOptions, addDefaultsOptions, appendWord } from "./shared/options.ts";
import { addPictureOptions } from "./shared/pictures.ts";

/** `muster shadow`: compares a dry run with what the current autoscaler did. */
export function addShadow(program: Command): void {
  const command = program
    .command("shadow")
    .summary("compare what a dry run would have done with what the current autoscaler did")
    .description(
      "Compare the replicas that an autoscaler of mode DryRun wanted with those that the workload had: replica-hours,\n" +
        "scalings, backlog, and the greatest differences with reasons. Estimated backlogs are marked with ~. Long times\n" +
        "need the file that `muster run --journal` writes: a controller keeps the last 50 to 1000 decisions.",
    )
    .argument("<namespace/name>", "the autoscaler; without a namespace: of the namespace default")
    .option("--since <time>", "only from then on: 2026-01-02T03:04:05Z, or a relative time (90m, 2h, 3d)")
    .option("-f, --filename <files...>", "also rehearse these policies on the recorded backlog: one column each")
    .option(
      "--backlog <signal>",
      "signal whose value is messages; left out: all queues; may be repeated",
      appendWord,
      [],
    )
    .option(
      "--service-time <duration>",
      "mean time that a worker needs for a message; left out: learned, if arrivals were recorded",
    )
    .option("--concurrency <messages>", "messages that a worker works on at the same time", "1")
    .option("--start-up <duration>", "worker start-up time", "30s")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (name: string, options: ShadowOptions) => {
      const { runShadow } = await import("./run-shadow.ts");
      process.exitCode = await runShadow(name, options);
    });
  addControllerOptions(command);
  addPictureOptions(command, {
    chart: "replicas and backlogs over time",
    page: "one HTML page with linked charts and the reason for every decision",
  });
  addDefaultsOptions(command);
  withExamples(command, {
    "compare with the HorizontalPodAutoscaler that scales now": "muster shadow shop/sms-sender",
    "over the whole journal": "muster shadow shop/sms-sender --journal /var/lib/muster/journal.jsonl",
    "estimate the backlog; jobs of 3 s; a page with charts":
      "muster shadow shop/sms-sender --journal journal.jsonl --since 7d --service-time 3s --report shadow.html",
    "compare another setting":
      "muster shadow shop/sms-sender --journal journal.jsonl --service-time 3s -f now.yaml next.yaml",
    "for a program": "muster shadow shop/sms-sender -o json | jq .wanted.replicaHours",
  });
}
