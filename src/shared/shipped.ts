import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where a file or folder that this package ships is, such as "deploy/crds". */
export function shippedPath(path: string): string {
  // By the package's own name, since a bundle has other folders than the sources.
  return fileURLToPath(new URL(path, import.meta.resolve("muster/package.json")));
}

/** This package's version, as package.json has it. */
export function readVersion(): string {
  return (JSON.parse(readFileSync(shippedPath("package.json"), "utf8")) as { version: string }).version;
}
