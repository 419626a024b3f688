import type { Command } from "commander";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, type DefaultsOptions } from "./shared/options.ts";

interface Options extends DefaultsOptions {
  readonly filename?: string;
}

/** `muster decide`: situations in, decisions out, one a line; no cluster and no queue. */
export function addDecide(program: Command): void {
  const command = program
    .command("decide")
    .description("print the decision for each situation: one JSON line in, one out")
    .option("-f, --filename <file>", "manifest of the autoscaler, for lines without one of their own")
    .action(async (options: Options) => {
      const { decideLines, parseManifest } = await import("../formats/situations/decide-lines.ts");
      const { parseDefaults } = await import("./shared/parse-defaults.ts");
      const { readText } = await import("./shared/read-text.ts");
      const defaults = parseDefaults(options);
      const { filename } = options;
      const manifest = filename === undefined ? undefined : parseManifest(readText(filename), filename, defaults);
      const failed = await decideLines(process.stdin, process.stdout, { defaults, manifest });
      if (failed > 0) process.exitCode = 1;
    });
  addDefaultsOptions(command);
  withExamples(command, {
    "one situation: 120 messages wait for 7 workers": `echo '{"currentReplicas": 7, "readings": {"queue": {"value": 120, "idleWorkers": 0}}}' | muster decide -f wpa.yaml`,
    "a manifest of its own on each line; the queue could not be read": `echo '{"autoscaler": {"kind": "WorkerPodAutoScaler", ...}, "currentReplicas": 7, "readings": {"queue": {"failure": "Unavailable"}}}' | muster decide`,
    "a window of scale-downs: 9 were recommended two minutes ago": `echo '{"currentReplicas": 9, "readings": {"lag": {"value": 10}}, "memory": {"recommendations": [{"agoSeconds": 120, "replicas": 9}]}}' | muster decide -f wa.yaml`,
    "test a policy in CI: no scale-down within a minute of the last scaling":
      "muster decide -f wpa.yaml --scale-down-delay-after-last-scale-activity 60 < situations.jsonl | jq .desiredReplicas",
  });
  command.addHelpText(
    "after",
    `
A line: {"autoscaler": <manifest>, "currentReplicas": 7, "lastScaleSecondsAgo": 700, "readings": {"queue":
  {"value": 120, "arrivalsPerMinute": 30, "idleWorkers": 0, "ageSeconds": 2}}}
  arrivalsPerMinute, idleWorkers (a number or "all"): null or left out = unknown (idleWorkers also: -1, as practo's
  controller has it); lastScaleSecondsAgo: null = never;
  for drain rules: waiting, inFlight, oldestSeconds, arrived and completed (counters), earlier readings, and what was learned:
  {"waiting": 120, "inFlight": 4, "arrived": 900, "completed": 776, "earlier": [{"waiting": 60, "inFlight": 4,
  "arrived": 700, "completed": 636, "ageSeconds": 70}], "learned": {"secondsPerMessage": 1.9, "messages": 340, "agoSeconds": 12}};
  {"failure": "Unavailable"} = could not be read, failingForSeconds says for how long (left out: long enough);
  "NotFound" is an answer without data, for which a signal may have an emptyValue; cron signals need no reading;
  "now": "2024-06-01T12:00:00Z" sets the clock, for schedules;
  for a jobTemplate: "jobs": {"running": 5, "pending": 2, "createdSince": 1, "endedSince": 3} = Jobs that worked and that
  were pending when the readings were made, and what happened since; currentReplicas is the sum of the first three. Left
  out: all of them were running;
  for windows and policies of behavior: "memory": {"recommendations": [{"agoSeconds": 120, "replicas": 9}],
  "scalings": [{"agoSeconds": 30, "change": -2}]}, or with "time" in place of agoSeconds, as status.memory has it. Left out:
  the manifest's status counts (its memory, lastScaleTime and what was learned); where it has no recommendations
  either, the present number is the first recommendation, made at the last scaling or now ("recommendations": [] = none
  within any window). "activity": {"active": false, "agoSeconds": 40} says since when no signal has been active. A field that the autoscaler does not use is an error.
A line that cannot be parsed gives {"error": ..., "line": n}, and exit status 1 at the end.`,
  );
}
