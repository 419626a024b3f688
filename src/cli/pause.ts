import { type Command, Option } from "commander";
import { withExamples } from "./shared/help.ts";
import { addClusterOptions } from "./shared/options.ts";
import type { PauseOptions } from "./shared/pause-object.ts";

const NAME = "the autoscaler: NAME, NAMESPACE/NAME, or wa/NAME, wpa/NAME or so/NAME where several kinds have the name";
const outputOption = () =>
  new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text");

/** `muster pause`: holds a workload's replicas until `muster resume`. */
export function addPause(program: Command): void {
  const command = program
    .command("pause")
    .summary("hold a workload's replicas, or set them and hold them")
    .description(
      "Pause an autoscaler with your own rights: the number of replicas stays, or goes to --replicas and stays. It sets\n" +
        "spec.mode of a WorkerAutoscaler, the annotation muster.dev/mode of a WorkerPodAutoScaler, and KEDA's annotations\n" +
        "paused or paused-replicas of a ScaledObject. A GitOps controller that owns the object puts it back: pause it there.\n" +
        "Of a PHPA file, move the file away.",
    )
    .argument("<name>", NAME)
    .option(
      "--replicas <count>",
      "number of replicas to hold, of a WorkerAutoscaler or ScaledObject; left out: the present number",
    )
    .addOption(outputOption())
    .action(async (name: string, options: PauseOptions) => {
      const { pauseAutoscaler } = await import("./shared/pause-object.ts");
      await pauseAutoscaler(name, options);
    });
  addClusterOptions(command);
  withExamples(command, {
    "hold what there is": "muster pause sms-sender -n shop",
    "no workers during a migration of the database": "muster pause shop/sms-sender --replicas 0",
  });
}

/** `muster resume`: lets a paused autoscaler decide again. */
export function addResume(program: Command): void {
  const command = program
    .command("resume")
    .summary("let a paused autoscaler decide again")
    .description(
      "Undo `muster pause`, with your own rights: the autoscaler decides again, or reports again what it would do, where\n" +
        "it was in mode DryRun before.",
    )
    .argument("<name>", NAME)
    .addOption(outputOption())
    .action(async (name: string, options: PauseOptions) => {
      const { resumeAutoscaler } = await import("./shared/pause-object.ts");
      await resumeAutoscaler(name, options);
    });
  addClusterOptions(command);
  withExamples(command, { "after the migration": "muster resume shop/sms-sender" });
}
