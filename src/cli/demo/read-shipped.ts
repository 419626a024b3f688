import { readFile } from "node:fs/promises";
import { shippedPath } from "../../shared/shipped.ts";

/** The text of a file that this package ships, such as "examples/deployment.yaml". */
export function readShipped(path: string): Promise<string> {
  return readFile(shippedPath(path), "utf8");
}
