import { type Command, Option } from "commander";
import type { ShadowOptions } from "./run-shadow.ts";
import { withExamples } from "./shared/help.ts";
import { addControllerOptions, addDefaultsOptions, appendWord } from "./shared/options.ts";
import { addPictureOptions } from "./shared/pictures.ts";

/** `muster shadow`: what an autoscaler in dry run would have done, beside what was done. */
export function addShadow(program: Command): void {
  const command = program
    .command("shadow")
    .summary("compare what a dry run would have done with what whoever scales now did")
    .description(
      "Compare over time the replicas that an autoscaler of mode DryRun asked for with those that the workload had:\n" +
        "replica-hours, scalings, backlog, and the moments of greatest difference, with reasons. What the backlog would\n" +
        "have been is estimated, and marked with ~. A long time needs the file that `muster run --journal` writes: a\n" +
        "controller keeps the last 50 to 1000 decisions.",
    )
    .argument("<namespace/name>", "the autoscaler; without a namespace: of the namespace default")
    .option("--since <time>", "only from then on: 2026-01-02T03:04:05Z, or 90m, 2h, 3d ago")
    .option("-f, --filename <files...>", "also rehearse these policies on what was recorded: each is a column")
    .option(
      "--backlog <signal>",
      "a signal whose value is messages; left out: all queues; may be repeated",
      appendWord,
      [],
    )
    .option(
      "--service-time <duration>",
      "how long a worker works on a message; left out: learned, where arrivals were recorded",
    )
    .option("--concurrency <messages>", "messages that a worker works on at once", "1")
    .option("--start-up <duration>", "until a new worker takes its first message", "30s")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (name: string, options: ShadowOptions) => {
      const { runShadow } = await import("./run-shadow.ts");
      process.exitCode = await runShadow(name, options);
    });
  addControllerOptions(command);
  addPictureOptions(command, {
    chart: "replicas and backlogs over time",
    page: "one HTML page with linked charts and the reason of every decision",
  });
  addDefaultsOptions(command);
  withExamples(command, {
    "how would it have done beside the HorizontalPodAutoscaler that scales now?": "muster shadow shop/sms-sender",
    "over all that was recorded": "muster shadow shop/sms-sender --journal /var/lib/muster/journal.jsonl",
    "would it have kept the backlog as low? jobs of 3 s; a page with charts":
      "muster shadow shop/sms-sender --journal journal.jsonl --since 7d --service-time 3s --report shadow.html",
    "and would another setting have done better?":
      "muster shadow shop/sms-sender --journal journal.jsonl --service-time 3s -f now.yaml next.yaml",
    "for a program": "muster shadow shop/sms-sender -o json | jq .wanted.replicaHours",
  });
}
