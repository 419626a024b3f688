import { type Command, Option } from "commander";
import type { ListOptions } from "./list-text.ts";
import { withExamples } from "./shared/help.ts";
import { addClusterOptions } from "./shared/options.ts";

/** `muster list`: the cluster's autoscalers, a line each. */
export function addList(program: Command): void {
  const command = program
    .command("list")
    .summary("list the cluster's autoscalers: value, workers, state")
    .description(
      "List WorkerAutoscalers, WorkerPodAutoScalers and KEDA's ScaledObjects of the cluster, with your own rights: what\n" +
        "their signals say, how many workers they have, want and may have at most now, and in which state they are. The\n" +
        "status of a ScaledObject has no numbers, and is KEDA's where KEDA's operator runs. PHPA files are no objects of the\n" +
        "cluster: the controller has them on its /status, and on its live page.",
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("-A, --all-namespaces", "all namespaces, which is the default")
    .action(async (options: ListOptions) => {
      const { list } = await import("./list-text.ts");
      await list(options);
    });
  addClusterOptions(command, "left out: all of them");
  withExamples(command, {
    "all of them, or those of one namespace": "muster list\nmuster list -n shop",
    "those that do not do what they should": `muster list -o json | jq '.[] | select(.state != "Ready")'`,
  });
}
