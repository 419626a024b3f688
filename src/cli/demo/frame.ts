import { counted } from "../../core/wording.ts";
import type { Labels } from "./act.ts";
import { drawChart } from "./chart.ts";
import type { Observation, Turn } from "./observation.ts";
import { duration } from "./summary.ts";

/** Everything that the live picture shows. */
export interface Story {
  /** What happens now, in a sentence. */
  readonly scene: string;
  /** What the viewer can paste into another terminal. */
  readonly kubectl: string;
  readonly labels: Labels;
  readonly observations: readonly Observation[];
  readonly turns: readonly Turn[];
}

const SHOWN_TURNS = 6;
/** The picture grows with time in these steps, so that it does not shrink at every frame. */
const SPAN_STEP_MS = 15_000;

/** One frame of the live picture: backlog and replicas over time, and why the last changes were made. */
export function drawFrame(story: Story, columns: number): string[] {
  const width = Math.max(20, Math.min(100, columns - 10));
  const now = story.observations.at(-1)?.at ?? 0;
  const spanMs = Math.max(SPAN_STEP_MS, Math.ceil((now + 1) / SPAN_STEP_MS) * SPAN_STEP_MS);
  const chart = (title: string, height: number, value: (seen: Observation) => number) =>
    drawChart(
      { title, width, height, spanMs },
      story.observations.map((seen) => ({ at: seen.at, value: value(seen) })),
    );
  return [
    `  ${story.scene}`,
    "",
    ...chart(story.labels.backlog, 8, (seen) => seen.backlog),
    ...chart(story.labels.replicas, 5, (seen) => seen.replicas),
    `        0${duration(spanMs).padStart(width - 1)}`,
    "",
    ...story.turns.slice(-SHOWN_TURNS).map((turn) => turnLine(turn)),
    "",
    `  Look for yourself:  ${story.kubectl}`,
  ].map((line) => clip(line, columns));
}

/** One change of the replica count with its reason, as a line. */
export function turnLine(turn: Turn): string {
  return `  ${duration(turn.at).padStart(8)}  ${turn.from} -> ${counted(turn.to, "worker")}  ${turn.because}`;
}

function clip(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join("")}…`;
}
