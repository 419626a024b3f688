const ALLOWED_HOSTS = "muster.dev/allowed-hosts";

/** What counts of a Secret. */
export interface SecretContents {
  readonly values: Readonly<Record<string, string>>;
  /** Its annotation muster.dev/allowed-hosts. */
  readonly allowedHosts?: string;
}

/** A Secret as the API server has it, or as a manifest states it: `stringData` wins over `data`, as on the server. */
export interface StoredSecret {
  readonly metadata?: object;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

export function secretContents({ metadata, data, stringData }: StoredSecret): SecretContents {
  const { annotations } = (metadata ?? {}) as { readonly annotations?: Readonly<Record<string, unknown>> };
  const allowedHosts = annotations?.[ALLOWED_HOSTS];
  const decoded = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value), "base64").toString(),
  ]);
  const plain = Object.entries(stringData ?? {}).map(([key, value]) => [key, String(value)]);
  return {
    values: Object.fromEntries([...decoded, ...plain]),
    ...(allowedHosts === undefined ? {} : { allowedHosts: String(allowedHosts) }),
  };
}
