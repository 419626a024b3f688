import { type Command, Option } from "commander";
import type { WhyOptions } from "./shared/explain.ts";
import { PROGRAM, withExamples } from "./shared/help.ts";
import { addControllerOptions } from "./shared/options.ts";

/** `muster why`: the reasons of one autoscaler's decisions, in words with numbers. */
export function addWhy(program: Command): void {
  const command = program
    .command("why")
    .summary("say why a workload has the workers it has, and what would change that")
    .description(
      "Say why an autoscaler decided what it decided: what was read, what each rule made of it, which limit held the\n" +
        "number, and what would change the answer.\n" +
        "With its default, --status-auth=loopback, the controller answers callers in its own pod alone: have kubectl\n" +
        "port-forward to it, and give --server. With --status-auth=token give --token-file too, with a token that may\n" +
        "read as in deploy/status-reader.yaml. Without --server the question goes through the cluster's API server\n" +
        "with your own rights (get on services/proxy), which is answered with --status-auth=none alone; where the\n" +
        "controller does not answer, the object's status has the last decision, without the past.",
    )
    .argument("<namespace/name>", "the autoscaler; without a namespace: of --namespace, or of the namespace default")
    .option("-n, --namespace <name>", "namespace of an autoscaler that is written without one")
    .option("--context <name>", "context of the kubeconfig; left out: its current one")
    .option(
      "--port-forward",
      "have kubectl port-forward to the controller that acts; the default of kubectl muster why",
      PROGRAM !== "muster",
    )
    .option("--no-port-forward", "ask without it")
    .option(
      "--at <time>",
      "the decision that held at that time: 2026-01-02T03:04:05Z (UTC without a zone, or seconds of the epoch),\nor 90s, 15m, 1h30m, 3d ago",
    )
    .option("--last <count>", "number of decisions to show, oldest first; with --at, the last ones until then")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (name: string, options: WhyOptions) => {
      const { why } = await import("./why-text.ts");
      process.exitCode = await why(name, options);
    });
  addControllerOptions(command);
  withExamples(command, {
    "why it has this number of workers, and what would change that":
      "kubectl -n muster port-forward deployment/muster 8787 &\nmuster why shop/sms-sender --server http://localhost:8787",
    "what happened at three at night, and the ten decisions before now":
      "muster why shop/sms-sender --server http://localhost:8787 --at 2026-01-02T03:00:00Z\nmuster why shop/sms-sender --server http://localhost:8787 --last 10",
    "a controller with --status-auth=token":
      "kubectl -n shop create token NAME > token\nmuster why shop/sms-sender --server http://localhost:8787 --token-file token",
    "no controller: the last decision, from the object's status": "muster why shop/sms-sender",
    "from the file that `muster run --journal` writes, an hour back":
      "muster why shop/sms-sender --journal /var/lib/muster/journal.jsonl --at 1h",
    "for a program: the least rise of the queue that changes the number":
      "muster why shop/sms-sender --server http://localhost:8787 -o json | jq '.whatWouldChange.signals[0].rise'",
  });
}
