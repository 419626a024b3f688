import { UserError } from "../shared/user-error.ts";
import { play } from "./play.ts";
import { type Summary, summaryLines } from "./summary.ts";
import { openView } from "./view.ts";

/** Plays the demo on this terminal; it has failed where the workers did not come and go. */
export async function runDemo(): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const view = openView(process.stdout);
  try {
    const summary = await play(view, stop.signal);
    view.end();
    if (stop.signal.aborted) throw new UserError("stopped before the end");
    process.stdout.write(`\n${summaryLines(summary).join("\n")}\n`);
    if (!isWhole(summary)) throw new UserError("expected the workers to come and go within 80 seconds: see above");
  } finally {
    view.end();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function isWhole({ firstScaleMs, firstReadyMs, zeroMs }: Summary): boolean {
  return firstScaleMs !== undefined && firstReadyMs !== undefined && zeroMs !== undefined;
}
