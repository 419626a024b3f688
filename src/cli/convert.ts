import type { Command } from "commander";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, type DefaultsOptions } from "./shared/options.ts";
import { print, printError } from "./shared/print.ts";

interface Options extends DefaultsOptions {
  readonly prometheusUrl?: string;
}

/** `muster convert`: other formats as WorkerAutoscaler YAML. */
export function addConvert(program: Command): void {
  const command = program
    .command("convert")
    .description(
      "turn WorkerPodAutoScalers, PHPA files, HorizontalPodAutoscalers (External metrics) and KEDA ScaledObjects and ScaledJobs into WorkerAutoscalers",
    )
    .argument("<files...>", "files, folders, or - for standard input")
    .option("--prometheus-url <url>", "where a HorizontalPodAutoscaler's External metrics come from")
    .action(async (words: string[], options: Options) => {
      process.exitCode = await convertFiles(words, options);
    });
  addDefaultsOptions(command);
  withExamples(command, {
    "a manifest, or a PHPA file": "muster convert wpa.yaml phpa/lag.yaml > autoscalers.yaml",
    "all KEDA objects of the cluster":
      "kubectl get scaledobject,scaledjob -A -o yaml | muster convert - > autoscalers.yaml",
    "a HorizontalPodAutoscaler on an External metric":
      "muster convert hpa.yaml --prometheus-url http://prometheus:9090",
  });
  command.addHelpText(
    "after",
    `
Comments in the result show where the meaning changes. What cannot be converted is an error; the rest of the object is
printed, with a comment that names what is missing. The last line of standard error counts the objects that were
converted completely. Exit status: 0 if all were, else 2.`,
  );
}

/** Prints the conversions; returns the exit status: 2 where an object could not be converted as a whole. */
async function convertFiles(words: readonly string[], options: Options): Promise<number> {
  const { convertDocuments, listKinds } = await import("../formats/convert/convert-documents.ts");
  const { describeProblem, isError } = await import("../formats/problems.ts");
  const { readDocuments } = await import("../formats/read-documents.ts");
  const { parseDefaults } = await import("./shared/parse-defaults.ts");
  const { findManifests, readText } = await import("./shared/read-text.ts");
  const files = findManifests(words).map((file) => ({ file, documents: readDocuments(readText(file)) }));
  const { results, problems, foreign, objects, converted } = convertDocuments(files, {
    defaults: parseDefaults(options),
    prometheusUrl: options.prometheusUrl,
  });
  if (foreign.size > 0) printError(`left out, as they are no autoscalers: ${listKinds(foreign)}\n`);
  if (results.length > 0) print(results.join("---\n"));
  for (const problem of problems) {
    printError(`${isError(problem) ? "error" : "warning"}: ${describeProblem(problem)}\n`);
  }
  const inPart = results.length - converted;
  if (objects > 0) printError(`${converted} of ${objects} converted${inPart === 0 ? "" : `, ${inPart} in part`}\n`);
  return problems.some(isError) ? 2 : 0;
}
