import type { Command } from "commander";
import type { ConvertCommandOptions } from "./convert/convert-options.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions } from "./shared/options.ts";

/** `muster convert`: other formats as WorkerAutoscaler YAML. */
export function addConvert(program: Command): void {
  const command = program
    .command("convert")
    .description(
      "turn WorkerPodAutoScalers, PHPA files, HorizontalPodAutoscalers (External metrics) and KEDA ScaledObjects into WorkerAutoscalers",
    )
    .argument("<files...>", "files, folders, or - for standard input")
    .option("--prometheus-url <url>", "where a HorizontalPodAutoscaler's External metrics come from")
    .action(async (files: string[], options: ConvertCommandOptions) => {
      const { convertFiles } = await import("./convert/convert-files.ts");
      process.exitCode = convertFiles(files, options);
    });
  addDefaultsOptions(command);
  withExamples(command, {
    "a manifest, or a PHPA file": "muster convert wpa.yaml phpa/lag.yaml > autoscalers.yaml",
    "all KEDA objects of the cluster": "kubectl get scaledobject -A -o yaml | muster convert - > autoscalers.yaml",
    "a HorizontalPodAutoscaler on an External metric":
      "muster convert hpa.yaml --prometheus-url http://prometheus:9090",
  });
  command.addHelpText(
    "after",
    `
Comments in the result say where the meaning changes. What cannot be kept is an error; what can be kept of the same
object is printed, with a comment that names the rest. The last line of standard error says how many objects were
converted as a whole. Exit status: 0 if all were, 2 if not.`,
  );
}
