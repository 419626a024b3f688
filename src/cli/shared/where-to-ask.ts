import type { Command } from "commander";

/** The options that say where an autoscaler's decisions are asked for. */
export function addWhereToAsk(command: Command): void {
  command
    .option("--kind <kind>", "where autoscalers of several kinds have the name")
    .option("--server <url>", "ask the controller at this address, such as http://localhost:8787 of a port-forward")
    .option("--token-file <file>", "with --server: a token of the cluster, for a controller with --status-auth=token")
    .option("--service <namespace/name:port>", "the controller's Service in the cluster", "kube-system/muster:8787")
    .option("--kube-config <path>", "kubeconfig file; left out: KUBECONFIG, or ~/.kube/config")
    .option("--journal <file>", "ask no controller but a journal that `muster run --journal` wrote");
}
