import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Credentials, Identity, RequestHeaders } from "./connection.ts";
import type { Placed } from "./kubeconfig.ts";

/** Where one value comes from: written down, or in a file that may change. */
export type ValueOrigin = { readonly text: string } | { readonly file: FileValue; readonly what: string };

interface IdentityOrigins {
  readonly headers: RequestHeaders;
  readonly token?: ValueOrigin;
  readonly ca?: ValueOrigin;
  readonly certificate?: ValueOrigin;
  readonly key?: ValueOrigin;
}

/** Credentials whose parts are fixed texts or files that are read again within a minute. */
export class FileCredentials implements Credentials {
  readonly #origins: IdentityOrigins;

  constructor(origins: IdentityOrigins) {
    this.#origins = origins;
  }

  async current(): Promise<Identity> {
    const { token, ca, certificate, key } = this.#origins;
    const headers: Record<string, string | string[]> = { ...this.#origins.headers };
    if (token !== undefined) headers.authorization = `Bearer ${"text" in token ? token.text : await token.file.text()}`;
    return {
      headers,
      ...(ca ? { ca: await pem(ca) } : {}),
      ...(certificate ? { certificate: await pem(certificate) } : {}),
      ...(key ? { key: await pem(key) } : {}),
    };
  }

  forget(): void {
    for (const origin of [this.#origins.token, this.#origins.ca, this.#origins.certificate, this.#origins.key]) {
      if (origin !== undefined && "file" in origin) origin.file.forget();
    }
  }
}

async function pem(origin: ValueOrigin): Promise<string> {
  return "text" in origin ? origin.text : checkedPem(await origin.file.text(), origin.what);
}

/** Two credentials as one: the second adds to, and wins over, the first. */
export class JoinedCredentials implements Credentials {
  readonly #first: Credentials;
  readonly #second: Credentials;

  constructor(first: Credentials, second: Credentials) {
    this.#first = first;
    this.#second = second;
  }

  async current(signal: AbortSignal): Promise<Identity> {
    const [first, second] = await Promise.all([this.#first.current(signal), this.#second.current(signal)]);
    return { ...first, ...second, headers: { ...first.headers, ...second.headers } };
  }

  forget(): void {
    this.#first.forget();
    this.#second.forget();
  }

  close(): void {
    this.#first.close?.();
    this.#second.close?.();
  }
}

/** A kubeconfig's PEM field: `NAME-data` (base64, wins) or `NAME` (a path). */
export function valueOrigin<Field extends string>(
  { file, value }: Placed<{ readonly [key in Field | `${Field}-data`]?: string | null | undefined }>,
  field: Field,
  where: string,
): ValueOrigin | undefined {
  const data: string | null | undefined = value[`${field}-data`];
  if (data) return { text: pemFromBase64(data, `${field}-data of ${where}`) };
  const path: string | null | undefined = value[field];
  return path ? fileOrigin(file, path, `${field} of ${where}`) : undefined;
}

/** A path that counts from the folder of the kubeconfig it stands in. */
export function fileOrigin(kubeconfig: string, path: string, what: string): ValueOrigin & { file: FileValue } {
  return { file: new FileValue(resolve(dirname(kubeconfig), path), what), what };
}

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

/** PEM text out of a kubeconfig's base64 field. `what` names field and file for the error; the value is never shown. */
function pemFromBase64(data: string, what: string): string {
  return checkedPem(Buffer.from(data, "base64").toString("utf8"), what);
}

/** The text, if it can be PEM at all. */
export function checkedPem(text: string, what: string): string {
  if (!text.includes("-----BEGIN ")) throw new Error(`expected PEM in ${what}, got something else`);
  return text;
}
