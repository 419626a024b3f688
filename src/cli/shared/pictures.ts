import { accessSync, constants, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { PageAssets } from "../../lab/report/page.ts";
import { shippedPath } from "../../shared/shipped.ts";
import { describeFileError, UserError } from "../../shared/user-error.ts";

/** Pixels for each unit of the picture: sharp on dense screens too. */
const ZOOM = 2;
/** Covers Latin, Greek and Cyrillic. Fonts of the machine are not used, so that pictures are the same everywhere. */
const FONT = "files/dejavu-sans-latin-400-normal.woff2";

let ready: Promise<typeof import("@resvg/resvg-wasm")> | undefined;

/** An SVG document as a PNG file. */
export async function asPng(svg: string): Promise<Uint8Array> {
  ready ??= load();
  const { Resvg } = await ready;
  const fontFolder = createRequire(import.meta.url).resolve("@fontsource/dejavu-sans/package.json");
  const picture = new Resvg(svg, {
    fitTo: { mode: "zoom", value: ZOOM },
    font: { fontBuffers: [readFileSync(join(fontFolder, "..", FONT))], defaultFontFamily: "DejaVu Sans" },
  });
  try {
    const image = picture.render();
    const png = image.asPng();
    image.free();
    return png;
  } finally {
    picture.free();
  }
}

/** resvg's WebAssembly may be initialized only once in a process. */
async function load(): Promise<typeof import("@resvg/resvg-wasm")> {
  const resvg = await import("@resvg/resvg-wasm");
  const program = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  await resvg.initWasm(readFileSync(program));
  return resvg;
}

/** Files embedded in a page. */
function pageAssets(): PageAssets {
  const charts = dirname(createRequire(import.meta.url).resolve("uplot"));
  return {
    chartScript: readFileSync(join(charts, "uPlot.iife.min.js"), "utf8"),
    chartStyle: readFileSync(join(charts, "uPlot.min.css"), "utf8"),
    script: readFileSync(shippedPath("web/report/page.js"), "utf8"),
    style: readFileSync(shippedPath("web/report/page.css"), "utf8"),
  };
}

export interface PictureOptions {
  readonly svg?: string;
  readonly png?: string;
  readonly report?: string;
}

/** Adds the options that write pictures; `chart` and `page` describe their content. */
export function addPictureOptions(command: Command, { chart, page }: { chart: string; page: string }): void {
  command
    .optionsGroup("Pictures:")
    .option("--svg <file>", `${chart}, as a picture`)
    .option("--png <file>", "the same as PNG")
    .option("--report <file>", `${page}; needs no network`);
}

/** What can be drawn; each is called only if requested. */
interface Pictures {
  /** A whole SVG document. */
  readonly chart: () => string;
  readonly page: (assets: PageAssets) => string;
}

/** Writes the requested pictures and page. */
export async function writePictures({ svg, png, report }: PictureOptions, { chart, page }: Pictures): Promise<void> {
  const drawn = (svg ?? png) === undefined ? "" : chart();
  if (svg !== undefined) write("--svg", svg, drawn);
  if (png !== undefined) write("--png", png, await asPng(drawn));
  if (report !== undefined) write("--report", report, page(pageAssets()));
}

/** Fails before a long calculation rather than after it. */
export function refuseUnwritablePictures({ svg, png, report }: PictureOptions): void {
  for (const [flag, file] of Object.entries({ "--svg": svg, "--png": png, "--report": report })) {
    if (file === undefined) continue;
    attempt(flag, file, () => accessSync(dirname(file), constants.W_OK));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UserError(`${flag}: expected a file, got the folder ${file}`);
    }
  }
}

function write(flag: string, file: string, content: string | Uint8Array): void {
  attempt(flag, file, () => writeFileSync(file, content));
}

function attempt(flag: string, file: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    throw new UserError(`${flag}: ${file} cannot be written: ${describeFileError(error)}`);
  }
}
