import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PageAssets } from "../../lab/report/page.ts";
import { UserError } from "../../shared/user-error.ts";
import { describeFileError } from "../shared/read-text.ts";
import { asPng } from "./as-png.ts";
import { pageAssets } from "./page-assets.ts";
import type { PictureOptions } from "./picture-options.ts";

/** What can be drawn; each is made only if it is asked for. */
export interface Pictures {
  /** A whole SVG document. */
  readonly chart: () => string;
  readonly page: (assets: PageAssets) => string;
}

/** Writes the pictures and the page that were asked for. */
export async function writePictures({ svg, png, report }: PictureOptions, { chart, page }: Pictures): Promise<void> {
  const drawn = (svg ?? png) === undefined ? "" : chart();
  if (svg !== undefined) write("--svg", svg, drawn);
  if (png !== undefined) write("--png", png, await asPng(drawn));
  if (report !== undefined) write("--report", report, page(pageAssets()));
}

/** Better known before a long calculation than after it. */
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
