import { readFile } from "node:fs/promises";
import { parse } from "yaml";
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

const kubeconfigSchema = z.looseObject({
  clusters: named("cluster", cluster),
  users: named("user", user),
  contexts: named("context", context),
  "current-context": z.string().nullish(),
});

type KubeconfigDocument = z.output<typeof kubeconfigSchema>;
export type KubeconfigCluster = z.output<typeof cluster>;
export type KubeconfigUser = z.output<typeof user>;
export type KubeconfigExec = z.output<typeof exec>;
type KubeconfigContext = z.output<typeof context>;

/** A value and the file it stood in, against whose folder its relative paths count. */
export interface Placed<Value> {
  readonly file: string;
  readonly value: Value;
}

/** Several kubeconfig files as one. */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext?: string;
  readonly clusters: ReadonlyMap<string, Placed<KubeconfigCluster>>;
  readonly users: ReadonlyMap<string, Placed<KubeconfigUser>>;
  readonly contexts: ReadonlyMap<string, Placed<KubeconfigContext>>;
}

/** Reads and merges as kubectl does: the first file to set a value or a name wins. */
export async function readKubeconfig(files: readonly string[], missing: "fail" | "skip"): Promise<Kubeconfig> {
  const read: { file: string; document: KubeconfigDocument }[] = [];
  for (const file of files) {
    const text = await readText(file, missing);
    if (text !== undefined) read.push({ file, document: parseDocument(file, text) });
  }
  if (read.length === 0) throw new Error(`expected a kubeconfig at ${files.join(" or ")}, found none`);
  const currentContext = read.map(({ document }) => document["current-context"]).find(Boolean);
  return {
    files: read.map(({ file }) => file),
    ...(currentContext ? { currentContext } : {}),
    clusters: firstOfEachName(read, "clusters"),
    users: firstOfEachName(read, "users"),
    contexts: firstOfEachName(read, "contexts"),
  };
}

async function readText(file: string, missing: "fail" | "skip"): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && missing === "skip") return undefined;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new Error(`expected a kubeconfig at ${file}: ${reason}`, { cause });
  }
}

function parseDocument(file: string, text: string): KubeconfigDocument {
  let document: unknown;
  try {
    // Without the source lines that the library would show in its message: they may hold a token.
    document = parse(text, { prettyErrors: false });
  } catch (error) {
    const at = (error as { pos?: [number, number] }).pos?.[0] ?? 0;
    const line = text.slice(0, at).split("\n").length;
    throw new Error(`expected YAML in ${file}, line ${line} is not: ${(error as { code?: string }).code ?? "syntax"}`);
  }
  const parsed = kubeconfigSchema.safeParse(document ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`);
  throw new Error(`expected a kubeconfig in ${file}, got problems: ${problems.join("; ")}`);
}

function pathOf(path: readonly PropertyKey[]): string {
  const steps = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return steps.join("").slice(1) || "document";
}

function firstOfEachName<Section extends "clusters" | "users" | "contexts">(
  read: readonly { file: string; document: KubeconfigDocument }[],
  section: Section,
) {
  const found = new Map<string, Placed<NonNullable<KubeconfigDocument[Section][number]["value"]>>>();
  for (const { file, document } of read) {
    for (const { name, value } of document[section]) {
      if (!found.has(name) && value != null) found.set(name, { file, value });
    }
  }
  return found;
}
