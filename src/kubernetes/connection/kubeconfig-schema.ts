import * as z from "zod";

const text = z.string().min(1).nullish();

const cluster = z.looseObject({
  server: z.string().min(1),
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": z.boolean().nullish(),
  "tls-server-name": text,
  "proxy-url": text,
});

const exec = z.looseObject({
  apiVersion: z.enum(["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().nullish(),
  installHint: text,
});

const user = z.looseObject({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  as: text,
  "as-uid": text,
  "as-groups": z.array(z.string()).nullish(),
  exec: exec.nullish(),
  "auth-provider": z.unknown().optional(),
});

const context = z.looseObject({ cluster: z.string().min(1), user: z.string().nullish(), namespace: text });

const named = <Value extends z.ZodType>(key: string, value: Value) =>
  z
    .array(z.looseObject({ name: z.string().min(1), [key]: value.nullish() }))
    .nullish()
    .transform((entries) =>
      (entries ?? []).map((entry) => ({
        name: entry.name as string,
        value: (entry as Record<string, unknown>)[key] as z.output<Value> | null | undefined,
      })),
    );

/** A kubeconfig file, as far as it is used here. */
export const kubeconfigSchema = z.looseObject({
  clusters: named("cluster", cluster),
  users: named("user", user),
  contexts: named("context", context),
  "current-context": z.string().nullish(),
});

export type KubeconfigDocument = z.output<typeof kubeconfigSchema>;
export type KubeconfigCluster = z.output<typeof cluster>;
export type KubeconfigUser = z.output<typeof user>;
export type KubeconfigExec = z.output<typeof exec>;
export type KubeconfigContext = z.output<typeof context>;
