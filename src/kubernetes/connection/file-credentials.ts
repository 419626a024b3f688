import type { Credentials, Identity, RequestHeaders } from "./connection.ts";
import type { FileValue } from "./file-value.ts";
import { checkedPem } from "./pem.ts";

/** Where one value comes from: written down, or in a file that may change. */
export type ValueOrigin = { readonly text: string } | { readonly file: FileValue; readonly what: string };

export interface IdentityOrigins {
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
