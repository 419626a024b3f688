import type { Command } from "commander";

/** Where pictures go, as it was written. */
export interface PictureOptions {
  readonly svg?: string;
  readonly png?: string;
  readonly report?: string;
}

/** The options that write pictures; `chart` and `page` say what is on them. */
export function addPictureOptions(command: Command, { chart, page }: { chart: string; page: string }): void {
  command
    .optionsGroup("Pictures:")
    .option("--svg <file>", `${chart}, as a picture`)
    .option("--png <file>", "the same as pixels, for where SVG is not shown")
    .option("--report <file>", `${page}; it needs no network`);
}
