import { type Command, Option } from "commander";
import type { ShadowOptions } from "./shadow/shadow.ts";
import { addWhereToAsk } from "./shared/where-to-ask.ts";
import { withExamples } from "./shared/with-examples.ts";

/** `muster shadow`: what an autoscaler in dry run would have done, beside what was done. */
export function addShadow(program: Command): void {
  const command = program
    .command("shadow")
    .summary("compare what a dry run would have done with what whoever scales now did")
    .description(
      "Compare over time the replicas that an autoscaler of mode DryRun asked for with those that the workload had:\n" +
        "replica-hours, scalings, and the moments of greatest difference, with reasons. A long time needs the file that\n" +
        "`muster run --journal` writes: a controller keeps the last 50 decisions.",
    )
    .argument("<namespace/name>", "the autoscaler; without a namespace: of the namespace default")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (name: string, options: ShadowOptions) => {
      const { shadow } = await import("./shadow/shadow.ts");
      process.exitCode = await shadow(name, options);
    });
  addWhereToAsk(command);
  withExamples(command, {
    "how would it have done beside the HorizontalPodAutoscaler that scales now?": "muster shadow shop/sms-sender",
    "over all that was recorded": "muster shadow shop/sms-sender --journal /var/lib/muster/journal.jsonl",
    "for a program": "muster shadow shop/sms-sender -o json | jq .wanted.replicaHours",
  });
}
