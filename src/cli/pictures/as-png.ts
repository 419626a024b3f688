import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Pixels for each unit of the picture: sharp on dense screens too. */
const ZOOM = 2;
/** Covers Latin, Greek and Cyrillic. No font of the machine is used: it may have none, and the same picture is the same everywhere. */
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

/** The program for it may be loaded only once in a process. */
async function load(): Promise<typeof import("@resvg/resvg-wasm")> {
  const resvg = await import("@resvg/resvg-wasm");
  const program = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  await resvg.initWasm(readFileSync(program));
  return resvg;
}
