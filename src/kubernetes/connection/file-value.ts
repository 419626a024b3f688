import { readFile } from "node:fs/promises";

/** Kubelet rotates tokens long before they end, and client-go too reads them again within a minute. */
const REREAD_AFTER_MS = 60_000;

/** A small file's text, read again when it is older than a minute. */
export class FileValue {
  readonly #path: string;
  readonly #what: string;
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** `what` names file and field in errors, such as "client-key of user dev in /home/me/.kube/config". */
  constructor(path: string, what: string) {
    this.#path = path;
    this.#what = what;
  }

  async text(): Promise<string> {
    if (this.#text !== undefined && performance.now() - this.#readAt < REREAD_AFTER_MS) return this.#text;
    try {
      const text = (await readFile(this.#path, "utf8")).trim();
      if (text === "") throw new Error("the file is empty");
      this.#text = text;
    } catch (cause) {
      // A rotation that is half done must not take away what still works: it is kept until the next reading.
      if (this.#text === undefined) {
        throw new Error(`expected ${this.#what} in ${this.#path}: ${reasonOf(cause)}`, { cause });
      }
    }
    this.#readAt = performance.now();
    return this.#text;
  }

  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "this process may not read it";
  return (cause as Error).message;
}
