import { readFileSync } from "node:fs";
import { shipped } from "./shipped.ts";

/** This package's version, as package.json has it. */
export function version(): string {
  return (JSON.parse(readFileSync(shipped("package.json"), "utf8")) as { version: string }).version;
}
