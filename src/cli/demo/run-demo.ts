import { UserError } from "../../shared/user-error.ts";
import type { Act } from "./act.ts";
import { metricsAct } from "./metrics-act.ts";
import { play } from "./play.ts";
import { queueAct } from "./queue-act.ts";
import type { Recorder } from "./recorder.ts";
import { metricsSummaryLines, summarize, summaryLines } from "./summary.ts";
import { openView } from "./view.ts";

/** What can be played: its world, and what is said of it in the end (undefined: it did not go as it should). */
const ACTS: Readonly<
  Record<string, { open(): Promise<Act>; linesOf(recorder: Recorder): readonly string[] | undefined }>
> = {
  queue: { open: queueAct, linesOf: ({ observations }) => summaryLines(summarize(observations)) },
  metrics: { open: metricsAct, linesOf: ({ observations }) => metricsSummaryLines(observations) },
};

/** The acts by name. */
export const ACT_NAMES: readonly string[] = Object.keys(ACTS);

/** Plays one act on this terminal; it has failed where the workers did not come and go. */
export async function runDemo(name: string): Promise<void> {
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) throw new UserError(`expected an act of ${ACT_NAMES.join(", ")}, got ${name}`);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const view = openView(process.stdout);
  try {
    const recorder = await play(await act.open(), view, stop.signal);
    view.end();
    if (stop.signal.aborted) throw new UserError("stopped before the end");
    const lines = act.linesOf(recorder);
    if (lines === undefined) throw new UserError("expected the workers to come and go within 80 seconds: see above");
    process.stdout.write(`\n${lines.join("\n")}\n`);
  } finally {
    view.end();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
