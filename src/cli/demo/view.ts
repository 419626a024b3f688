import { counted } from "../../core/wording.ts";
import { drawFrame, type Story, turnLine } from "./frame.ts";

/** Shows the story while it happens. */
export interface View {
  show(story: Story): void;
  /** Leaves the terminal as it was, with the last picture in place. */
  end(): void;
}

/** A live picture in a terminal, plain lines where there is none. */
export function openView(output: NodeJS.WriteStream): View {
  return output.isTTY ? livePicture(output) : plainLines(output);
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\u001b[2K";

function livePicture(output: NodeJS.WriteStream): View {
  let drawn = 0;
  return {
    show(story) {
      const frame = drawFrame(story, output.columns ?? 80);
      const up = drawn === 0 ? HIDE_CURSOR : `\u001b[${drawn}A`;
      const blank = Array.from({ length: Math.max(0, drawn - frame.length) }, () => "");
      const lines = [...frame, ...blank];
      output.write(`${up}${lines.map((line) => `${CLEAR_LINE}${line}\n`).join("")}`);
      drawn = lines.length;
    },
    end() {
      if (drawn > 0) output.write(SHOW_CURSOR);
    },
  };
}

/** A line for each scene, each change, and each few seconds in between. */
function plainLines(output: NodeJS.WriteStream): View {
  const EVERY_MS = 5000;
  let scene = "";
  let kubectl = "";
  let told = 0;
  let lastBeat = Number.NEGATIVE_INFINITY;
  return {
    show(story) {
      if (story.kubectl !== kubectl) output.write(`Look for yourself: ${story.kubectl}\n`);
      if (story.scene !== scene) output.write(`${story.scene}\n`);
      for (const turn of story.turns.slice(told)) output.write(`${turnLine(turn)}\n`);
      ({ scene, kubectl } = story);
      told = story.turns.length;
      const seen = story.observations.at(-1);
      if (seen === undefined || seen.at - lastBeat < EVERY_MS) return;
      lastBeat = seen.at;
      const [messages, workers] = [counted(seen.backlog, "message"), counted(seen.replicas, "worker")];
      output.write(`            ${messages}, ${workers} (${seen.ready} ready)\n`);
    },
    end: () => undefined,
  };
}
