import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";

/** What tells one state of a file from the next, without reading it. */
export type Fingerprint = string;

/** One file that a pattern names: its fingerprint, or why it cannot be looked at. */
export interface FoundFile {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** Set where the file is there by name only: a dangling link, no permission. */
  readonly unreadable?: string;
  readonly bytes: number;
}

/**
 * The YAML files of a folder, or those that a glob or a single path names, in the order of their paths. Follows
 * symbolic links, as a mounted ConfigMap is made of them; hidden names (its `..data`) are not files of the user's.
 */
export async function findFiles(pattern: string): Promise<FoundFile[]> {
  const paths = await namedPaths(pattern);
  const found = await Promise.all(paths.sort().map(fingerprint));
  return found.filter((file) => file !== undefined);
}

async function namedPaths(pattern: string): Promise<string[]> {
  const kind = await stat(pattern).catch(() => undefined);
  if (kind?.isFile()) return [pattern];
  const { base, glob } = kind?.isDirectory() ? { base: pattern, glob: "*.{yaml,yml}" } : picomatch.scan(pattern);
  const names = await readdir(base || ".", { recursive: glob.includes("/") });
  const matches = picomatch(glob);
  return names.filter((name) => matches(name)).map((name) => join(base, name));
}

async function fingerprint(path: string): Promise<FoundFile | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs, isDirectory } = await statOf(path);
    return isDirectory ? undefined : { path, fingerprint: [dev, ino, size, mtimeMs, ctimeMs].join(" "), bytes: size };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    const unreadable = code === "ENOENT" ? "it is a link to a file that does not exist" : code;
    return { path, fingerprint: `unreadable ${code}`, unreadable, bytes: 0 };
  }
}

async function statOf(path: string) {
  const found = await stat(path);
  const { dev, ino, size, mtimeMs, ctimeMs } = found;
  return { dev, ino, size, mtimeMs, ctimeMs, isDirectory: found.isDirectory() };
}
