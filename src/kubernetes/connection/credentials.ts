import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Credentials, Identity, RequestHeaders } from "./connection.ts";
import type { Placed } from "./kubeconfig.ts";

/** Kubelet rotates tokens long before they end, and client-go too reads them again within a minute. */
const REREAD_AFTER_MS = 60_000;

/** One part of an identity: a fixed text, or a file that may change. */
export interface CredentialValue {
  read(): Promise<string>;
  forget(): void;
}

export function fixedValue(text: string): CredentialValue {
  return { read: () => Promise.resolve(text), forget: () => undefined };
}

/** A small file's text, read again when it is older than a minute. */
export class FileValue implements CredentialValue {
  readonly #path: string;
  readonly #what: string;
  readonly #isPem: boolean;
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** `what` names file and field in errors, such as "client-key of user dev in /home/me/.kube/config". */
  constructor(path: string, what: string, { isPem }: { readonly isPem: boolean }) {
    this.#path = path;
    this.#what = what;
    this.#isPem = isPem;
  }

  async read(): Promise<string> {
    if (this.#text !== undefined && performance.now() - this.#readAt < REREAD_AFTER_MS) return this.#text;
    try {
      const text = (await readFile(this.#path, "utf8")).trim();
      if (text === "") throw new Error("the file is empty");
      this.#text = this.#isPem ? checkPem(text, this.#what) : text;
    } catch (cause) {
      // A half-done rotation must not take away what still works: the old text stays until the next read.
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
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EACCES" ? "this process may not read it" : message;
}

/** Returns the text, if it can be PEM. `what` names field and file in the error; the value is never shown. */
export function checkPem(text: string, what: string): string {
  if (!text.includes("-----BEGIN ")) throw new Error(`expected PEM in ${what}, got something else`);
  return text;
}

/** A kubeconfig's PEM field: `NAME-data` (base64, wins) or `NAME` (a path). */
export function pemField<Field extends string>(
  { file, value }: Placed<{ readonly [key in Field | `${Field}-data`]?: string | null | undefined }>,
  field: Field,
  where: string,
): CredentialValue | undefined {
  const data: string | null | undefined = value[`${field}-data`];
  if (data) return fixedValue(checkPem(Buffer.from(data, "base64").toString("utf8"), `${field}-data of ${where}`));
  const path: string | null | undefined = value[field];
  return path ? new FileValue(resolve(dirname(file), path), `${field} of ${where}`, { isPem: true }) : undefined;
}

export interface IdentityValues {
  readonly token?: CredentialValue | undefined;
  readonly ca?: CredentialValue | undefined;
  readonly certificate?: CredentialValue | undefined;
  readonly key?: CredentialValue | undefined;
}

/** Credentials whose parts are fixed texts or files. */
export class FileCredentials implements Credentials {
  readonly #values: IdentityValues;
  readonly #headers: RequestHeaders;

  constructor(values: IdentityValues, headers: RequestHeaders = {}) {
    this.#values = values;
    this.#headers = headers;
  }

  async current(): Promise<Identity> {
    const { token, ca, certificate, key } = this.#values;
    return {
      headers: { ...this.#headers, ...(token ? { authorization: `Bearer ${await token.read()}` } : {}) },
      ...(ca ? { ca: await ca.read() } : {}),
      ...(certificate ? { certificate: await certificate.read() } : {}),
      ...(key ? { key: await key.read() } : {}),
    };
  }

  forget(): void {
    for (const value of Object.values(this.#values) as (CredentialValue | undefined)[]) value?.forget();
  }
}

/** Two credentials as one: the second adds to, and wins over, the first. */
export function joinCredentials(first: Credentials, second: Credentials): Credentials {
  return {
    async current(signal) {
      const [one, other] = await Promise.all([first.current(signal), second.current(signal)]);
      return { ...one, ...other, headers: { ...one.headers, ...other.headers } };
    },
    forget() {
      first.forget();
      second.forget();
    },
    close() {
      first.close?.();
      second.close?.();
    },
  };
}
