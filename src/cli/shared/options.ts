import type { Command } from "commander";

/** What commander makes of the options below. */
export interface DefaultsOptions {
  readonly scaleDownDelayAfterLastScaleActivity: string;
  readonly wpaDefaultMaxDisruption: string;
  readonly freshness: string;
}

/** Adds the controller's flags that say how WorkerPodAutoScalers are read; the values are those of its flags. */
export function addDefaultsOptions(command: Command): Command {
  return command
    .option(
      "--scale-down-delay-after-last-scale-activity <seconds>",
      "seconds after a scaling before a scale-down",
      "600",
    )
    .option(
      "--wpa-default-max-disruption <limit>",
      "for objects without maxDisruption: a percentage or a count",
      "100%",
    )
    .option("--freshness <seconds>", "seconds for which a reading of a queue counts as fresh", "120");
}

/** The options that say where an autoscaler's decisions are asked for. */
export function addControllerOptions(command: Command): void {
  command
    .option("--kind <kind>", "where autoscalers of several kinds have the name")
    .option("--server <url>", "ask the controller at this address, such as http://localhost:8787 of a port-forward")
    .option("--token-file <file>", "with --server: a token of the cluster, for a controller with --status-auth=token")
    .option(
      "--service <namespace/name:port>",
      "the controller's Service in the cluster; left out: muster:8787 in the namespace muster, else in kube-system",
    )
    .option("--kube-config <path>", "kubeconfig file; left out: KUBECONFIG, or ~/.kube/config")
    .option("--journal <file>", "read a journal that `muster run --journal` wrote instead of asking the controller");
}

/** The options with which kubectl says which cluster and namespace it means. */
export function addClusterOptions(command: Command, about = "left out: that of the kubeconfig's context"): void {
  command
    .option("-n, --namespace <name>", `namespace; ${about}`)
    .option("--context <name>", "context of the kubeconfig; left out: its current one")
    .option("--kube-config <path>", "kubeconfig file; left out: KUBECONFIG, or ~/.kube/config")
    .option("--kubeconfig <path>", "the same, as kubectl spells it");
}

/** For commander: the words of an option that may be repeated, in their order. */
export function appendWord(word: string, words: readonly string[] = []): readonly string[] {
  return [...words, word];
}
