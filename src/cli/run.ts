import type { Command } from "commander";
import { type RunFlags, runFlags } from "./run-flags.ts";
import { withExamples } from "./shared/help.ts";

/** `muster run`: the autoscaler itself, until it is stopped. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .summary("run the autoscaler against a cluster")
    .description(
      "Watch the cluster's autoscalers and scale their workloads, until SIGTERM or Ctrl-C.\n" +
        "Each flag can also be set by an environment variable: MUSTER_ and the flag in capitals, dashes as underscores\n" +
        "(MUSTER_LOG_LEVEL). WORKERPODAUTOSCALER_ and PHPA_CONFIG_PATH are understood too. The command line wins over\n" +
        "MUSTER_, and MUSTER_ over the others.",
    );
  for (const option of runFlags()) command.addOption(option);
  command.action(async (flags: RunFlags) => {
    const { runMuster } = await import("./run-muster.ts");
    await runMuster(flags, command);
  });
  withExamples(command, {
    "in a pod, or with the kubeconfig that kubectl uses": "muster run",
    "see what it would do on a live cluster, writing nothing": "muster run --dry-run --log-format text",
    "one namespace, scale down one minute after the last scaling":
      "muster run --namespace shop --scale-down-delay-after-last-scale-activity 60",
  });
}
