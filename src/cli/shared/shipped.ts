import { fileURLToPath } from "node:url";

/** Where a file or folder that this package ships is, such as "deploy/crds". */
export function shipped(path: string): string {
  // By the package's own name, since a bundle has other folders than the sources.
  return fileURLToPath(new URL(path, import.meta.resolve("muster/package.json")));
}
