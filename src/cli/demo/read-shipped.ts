import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../../../", import.meta.url));

/** The text of a file that this package ships, such as "examples/deployment.yaml". */
export function readShipped(path: string): Promise<string> {
  return readFile(join(PACKAGE, path), "utf8");
}
