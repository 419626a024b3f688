/** A header that stands several times has a list. */
export type RequestHeaders = Readonly<Record<string, string | string[]>>;

/** What to present to the API server right now. Values may change from call to call: files rotate, plugins refresh. */
export interface Identity {
  /** Authorization and impersonation. Secret: never logged. */
  readonly headers: RequestHeaders;
  /** PEM. A change of any of the three means new TLS connections. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface Credentials {
  /** Re-reads files and runs plugins when due. Rejects with an Error whose message names the file and field. */
  current(signal: AbortSignal): Promise<Identity>;
  /** The server answered 401: what is cached is no longer valid. */
  forget(): void;
  close?(): void;
}

/** How to reach one API server, and as whom. */
export interface Connection {
  /** For people: "in-cluster service account", "context dev of /home/me/.kube/config". */
  readonly origin: string;
  readonly server: URL;
  /** The namespace of the context or service account; "default" where none is named. */
  readonly namespace: string;
  readonly skipVerification: boolean;
  /** The name to expect in the server's certificate, where it is not the host. */
  readonly serverName?: string;
  readonly proxy?: URL;
  readonly credentials: Credentials;
}

export function hasSameTls(one: Identity, other: Identity): boolean {
  return one.ca === other.ca && one.certificate === other.certificate && one.key === other.key;
}
