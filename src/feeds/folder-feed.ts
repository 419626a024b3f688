import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import picomatch from "picomatch";
import type { Parsed, Problem } from "../core/index.ts";
import type { Feed, FeedSink } from "../kubernetes/ports.ts";

interface FolderFeedOptions {
  /** A folder (its *.yaml and *.yml files), a glob, or one file. */
  readonly pattern: string;
  /** One file's text to one autoscaler or its problems; never fails. */
  readonly parse: (text: string, path: string) => Parsed | Promise<Parsed>;
  /** The result for a file that cannot be read, with the origin and id that `parse` would have given it. */
  readonly refuse: (path: string, problems: readonly Problem[]) => Parsed;
  /** Seconds between two scans of the folder. */
  readonly everySeconds: number;
  /** Called for problems of the folder rather than of one file: no file found, the folder cannot be listed. */
  readonly warn: (message: string) => void;
}

/** Files of settings are smaller: a larger one is a mistake that must neither fill the memory nor keep the process busy. */
const MOST_BYTES = 256 * 1024;
/** Line ends, commas and colons of YAML: twice as many as fields, or more. Files of settings have some dozens. */
const MOST_MARKS = 20_000;
/** Editors and unpackers remove and rename files: one is gone only when two scans in a row miss it. */
const MISSES_UNTIL_GONE = 2;

interface KnownFile {
  fingerprint: string;
  /** The id handed to the sink. */
  id: string;
  lastGood?: Extract<Parsed, { autoscaler: unknown }>;
  misses: number;
}

/**
 * Autoscalers from files. Scans the folder every few seconds (which finds a ConfigMap's symlink swap as well as an
 * edit); a broken edit keeps the last good version and reports the problems.
 */
export function folderFeed(options: FolderFeedOptions): Feed {
  return {
    start(sink, signal) {
      const folder = new Folder(options, sink);
      const synced = folder.scan();
      void synced.then(() => keepScanning(folder, options.everySeconds, signal));
      return { synced };
    },
  };
}

async function keepScanning(folder: Folder, everySeconds: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const stopped = await sleep(everySeconds * 1000, false, { signal }).catch(() => true);
    if (!stopped) await folder.scan();
  }
}

class Folder {
  readonly #options: FolderFeedOptions;
  readonly #sink: FeedSink;
  readonly #files = new Map<string, KnownFile>();
  #lastWarning = "";

  constructor(options: FolderFeedOptions, sink: FeedSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** One pass over the folder. Never rejects. */
  async scan(): Promise<void> {
    try {
      const found = await findFiles(this.#options.pattern);
      this.#warnOnce(found.length === 0 ? `no file found at ${this.#options.pattern}` : "");
      for (const file of found) await this.#see(file);
      this.#miss(new Set(found.map((file) => file.path)));
    } catch (error) {
      this.#warnOnce(`cannot list ${this.#options.pattern}: ${(error as Error).message}`);
    }
  }

  async #see(file: FoundFile): Promise<void> {
    const known = this.#files.get(file.path);
    if (known?.fingerprint === file.fingerprint) {
      known.misses = 0;
      return;
    }
    const parsed = await this.#read(file);
    this.#keep(file, known, parsed);
  }

  async #read(file: FoundFile): Promise<Parsed> {
    const refuse = (message: string, remedy: string) =>
      this.#options.refuse(file.path, [{ path: "", message, remedy, file: file.path }]);
    if (file.unreadable !== undefined) {
      return refuse(`expected a readable file, but ${file.unreadable}`, "restore the file or remove its name");
    }
    if (file.bytes > MOST_BYTES) {
      return refuse(`expected at most ${MOST_BYTES} bytes, got ${file.bytes}`, "write one autoscaler a file");
    }
    try {
      const text = await readFile(file.path, "utf8");
      const marks = text.match(/[\n,]|: /g)?.length ?? 0;
      if (marks > MOST_MARKS)
        return refuse("expected some dozens of fields, got thousands", "write one autoscaler a file");
      return await this.#options.parse(text, file.path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      return refuse(`expected a readable file, got ${code}`, "check the file's permissions");
    }
  }

  #keep(file: FoundFile, known: KnownFile | undefined, parsed: Parsed): void {
    const { fingerprint, path } = file;
    if ("autoscaler" in parsed) {
      const { id } = parsed.autoscaler;
      if (known !== undefined && known.id !== id) this.#sink.forget(known.id);
      this.#files.set(path, { fingerprint, id, lastGood: parsed, misses: 0 });
      this.#sink.keep(parsed);
    } else if (known?.lastGood !== undefined) {
      this.#files.set(path, { ...known, fingerprint, misses: 0 });
      this.#sink.keep({ ...known.lastGood, problems: [...parsed.problems, KEPT] });
    } else {
      if (known !== undefined && known.id !== parsed.id) this.#sink.forget(known.id);
      this.#files.set(path, { fingerprint, id: parsed.id, misses: 0 });
      this.#sink.keep(parsed);
    }
  }

  #miss(seen: ReadonlySet<string>): void {
    for (const [path, known] of this.#files) {
      if (seen.has(path)) continue;
      known.misses += 1;
      if (known.misses < MISSES_UNTIL_GONE) continue;
      this.#files.delete(path);
      this.#sink.forget(known.id);
    }
  }

  #warnOnce(message: string): void {
    if (message !== "" && message !== this.#lastWarning) this.#options.warn(message);
    this.#lastWarning = message;
  }
}

const KEPT: Problem = {
  path: "",
  severity: "warning",
  message: "the file's last good version stays in force",
  remedy: "correct the file: it is read again when it changes",
};

/** Changes whenever the file changes. */
type Fingerprint = string;

/** One file that a pattern names. */
interface FoundFile {
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
async function findFiles(pattern: string): Promise<FoundFile[]> {
  const paths = await listPaths(pattern);
  const found = await Promise.all(paths.sort().map(fingerprint));
  return found.filter((file) => file !== undefined);
}

async function listPaths(pattern: string): Promise<string[]> {
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
