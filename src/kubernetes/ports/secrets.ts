/** What is known about one Secret. Values are never logged, shown or put into errors. */
export type SecretState =
  /** Not read yet, or the API server cannot tell: `because` says why. */
  | { readonly state: "unknown"; readonly because: string; readonly isForbidden?: boolean }
  | { readonly state: "missing" }
  | {
      readonly state: "present";
      readonly values: Readonly<Record<string, string>>;
      /** Its annotation muster.dev/allowed-hosts: where its values may be sent. Absent: anywhere. */
      readonly allowedHosts?: string;
    };

/** Reads Secrets by name, and again whenever they change. */
export interface Secrets {
  /** Calls back at once with what is known, then on every change, until stopped. Shares one watch per Secret. */
  follow(secret: SecretReference, changed: (state: SecretState) => void): { stop(): void };
}

export interface SecretReference {
  readonly namespace: string;
  readonly name: string;
}
