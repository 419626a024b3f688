// The moving picture of the README: plays `muster demo` in a terminal of 80 columns and 24 lines, and writes what was seen
// as an animated SVG. By hand, after `make build`; needs tmux:
//   node scripts/demo-picture.ts docs/images/demo.svg
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const [COLUMNS, ROWS] = [80, 24];
const EVERY_MS = 700;
const LONGEST_MS = 90_000;
/** How long the last frame stands, in frames. */
const END_FRAMES = 10;
const [CELL_WIDTH, LINE_HEIGHT, MARGIN] = [7.8, 15.4, 14];

const file = process.argv[2];
if (file === undefined)
  throw new Error("expected the file to write: node scripts/demo-picture.ts docs/images/demo.svg");
const frames = await record();
const svg = draw([...frames, ...Array.from({ length: END_FRAMES }, () => frames.at(-1) ?? [])]);
writeFileSync(file, svg);
console.log(`${file}: ${frames.length} frames, ${Math.ceil(svg.length / 1024)} KiB`);

function tmux(...words: readonly string[]): string {
  return execFileSync("tmux", ["-L", `muster-picture-${process.pid}`, "-f", "/dev/null", ...words], {
    encoding: "utf8",
  });
}

/** What the terminal shows, again and again until the demo's course is over. */
async function record(): Promise<readonly (readonly string[])[]> {
  const seen: (readonly string[])[] = [];
  // The terminal outlives the demo, so that there is one to end.
  const command = `${process.execPath} bin/muster.js demo; sleep 60`;
  tmux("new-session", "-d", "-s", "demo", "-x", String(COLUMNS), "-y", String(ROWS), command);
  try {
    for (const until = Date.now() + LONGEST_MS; Date.now() < until; await pause(EVERY_MS)) {
      const lines = tmux("capture-pane", "-p", "-S", String(-ROWS), "-t", "demo").split("\n");
      const top = lines.findIndex((line) => line.trim() !== "");
      if (top >= 0) seen.push(lines.slice(top, top + ROWS - 1).map((line) => line.trimEnd()));
      if (lines.some((line) => line.startsWith("time to the first worker"))) return seen;
    }
    throw new Error(`expected the demo to come to its end within ${LONGEST_MS / 1000} s`);
  } finally {
    tmux("send-keys", "-t", "demo", "C-c");
    await pause(2_000);
    tmux("kill-server");
  }
}

/** Each line that stays the same for some frames is drawn once, and shown while it is there. */
function draw(all: readonly (readonly string[])[]): string {
  const total = (all.length * EVERY_MS) / 1000;
  const texts: string[] = [];
  const styles = new Set<string>();
  for (let row = 0; row < ROWS; row += 1) {
    for (let from = 0; from < all.length; ) {
      const line = all[from]?.[row] ?? "";
      let to = from + 1;
      while (to < all.length && all[to]?.[row] === line) to += 1;
      if (line !== "") {
        const [first, last] = [from, to].map((at) => Number(((at / all.length) * 100).toFixed(2))) as [number, number];
        const isLast = to === all.length;
        styles.add(keyframes(`f${from}t${to}`, first, last, isLast));
        texts.push(textOf(line, row, `f${from}t${to}`, isLast));
      }
      from = to;
    }
  }
  const [width, height] = [COLUMNS * CELL_WIDTH + 2 * MARGIN, (ROWS - 1) * LINE_HEIGHT + 2 * MARGIN].map(Math.ceil);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="muster demo: a burst of 200 messages takes a Deployment from zero to ten workers and back">
<style>
svg{--paper:#fff;--ink:#1f2328;background:var(--paper)}
@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3}}
rect{fill:var(--paper)}
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);white-space:pre;visibility:hidden;animation:${total}s step-end infinite}
${[...styles].join("\n")}
@media (prefers-reduced-motion:reduce){text{animation:none}.last{visibility:visible}}
</style>
<rect width="${width}" height="${height}"/>
${texts.join("\n")}
</svg>
`;
}

function keyframes(name: string, first: number, last: number, isLast: boolean): string {
  const before = first === 0 ? "" : "0%{visibility:hidden}";
  const after = isLast ? "" : `${last}%{visibility:hidden}`;
  return `@keyframes ${name}{${before}${first}%{visibility:visible}${after}}.${name}{animation-name:${name}}`;
}

function textOf(line: string, row: number, name: string, isLast: boolean): string {
  const escaped = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const length = (line.length * CELL_WIDTH).toFixed(1);
  const y = MARGIN + (row + 0.8) * LINE_HEIGHT;
  return `<text class="${isLast ? "last " : ""}${name}" x="${MARGIN}" y="${y.toFixed(1)}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped}</text>`;
}
