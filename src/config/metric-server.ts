import type { Problem, SourceReference } from "../core/index.ts";
import type { SourceType } from "../sources/shared/source.ts";
import type { PhpaFile } from "./phpa-schema.ts";
import { nearName } from "./shared/near-name.ts";
import { schemaProblems, shown } from "./shared/schema-problems.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Block = Readonly<Record<string, unknown>>;

/** The source of a PHPA file's metricServer: its adaptor is a source's type, its block that source's settings. */
export function metricServer(
  { adaptor, ...blocks }: PhpaFile["metricServer"],
  sources: readonly SourceType[],
  environment: Environment,
): { readonly source: SourceReference } | { readonly problems: readonly Problem[] } {
  const type = sources.find((source) => source.type === adaptor);
  if (type === undefined) return { problems: [unknownAdaptor(adaptor, sources)] };
  const path = `metricServer.${adaptor}`;
  const block = blocks[adaptor] as Block | null | undefined;
  if (block === undefined || block === null) {
    return {
      problems: [{ path, message: `expected a block of this name, as the adaptor is ${adaptor}, got nothing` }],
    };
  }
  const problems: Problem[] = [];
  const { host, port, ...settings } = block;
  const address =
    "url" in type.settings.shape && settings.url === undefined ? addressOf(host, port, path, problems) : {};
  const given = withoutNone(resolved(settings, environment, path, problems), type);
  const parsed = type.settings.safeParse({ ...given, ...address });
  if (!parsed.success && problems.length === 0) {
    const under = ["metricServer", adaptor];
    const hide = ([name]: readonly PropertyKey[]) => SECRETS.has(String(name));
    problems.push(...schemaProblems(parsed.error, block, { under, hide }).map((one) => suggested(one, type)));
  }
  return parsed.success && problems.length === 0
    ? { source: { type: type.type, settings: parsed.data } }
    : { problems };
}

/** Settings that are never shown, whatever is wrong with them. */
const SECRETS = new Set(["password", "bearerToken", "token"]);

function unknownAdaptor(adaptor: string, sources: readonly SourceType[]): Problem {
  const known = sources.map(({ type }) => type);
  const near = nearName(adaptor, known);
  return {
    path: "metricServer.adaptor",
    message: `expected one of ${known.join(", ")}, got ${shown(adaptor)}`,
    ...(near === undefined ? {} : { remedy: `did you mean \`${near}\`?` }),
  };
}

/** PHPA writes host and port; a host may bring its own scheme, for HTTPS. */
function addressOf(host: unknown, port: unknown, path: string, problems: Problem[]): { readonly url?: string } {
  if (typeof host !== "string" || host.trim() === "") {
    problems.push({ path: `${path}.host`, message: `expected the metric server's host, got ${shown(host)}` });
  }
  const number = typeof port === "string" && /^\d+$/.test(port.trim()) ? Number(port) : port;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > 65_535) {
    problems.push({ path: `${path}.port`, message: `expected a port from 1 to 65535, got ${shown(port)}` });
  }
  if (problems.length > 0) return {};
  const base = /^https?:\/\//.test(String(host)) ? String(host).replace(/\/+$/, "") : `http://${host}`;
  return { url: `${base}:${number}` };
}

/** A credential may stand in the environment instead of the file: `password: ${INFLUXDB_PASSWORD}`. */
function resolved(settings: Block, environment: Environment, path: string, problems: Problem[]): Block {
  const values = Object.entries(settings).map(([name, value]) => {
    const variable = typeof value === "string" ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined;
    if (variable === undefined) return [name, value === null ? undefined : value];
    const found = environment[variable];
    if (found === undefined) {
      problems.push({ path: `${path}.${name}`, message: `expected ${variable} in the environment, got nothing` });
    }
    return [name, found];
  });
  return Object.fromEntries(values);
}

/** PHPA's files write '' for a user name or password that the server does not ask for. */
function withoutNone(settings: Block, { settings: { shape } }: SourceType): Block {
  const isNone = (name: string, value: unknown) => value === "" && shape[name]?.safeParse(undefined).success === true;
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => !isNone(name, value)));
}

function suggested(problem: Problem, type: SourceType): Problem {
  if (!/Unrecognized key/.test(problem.message)) return problem;
  const written = /"([^"]+)"/.exec(problem.message)?.[1] ?? "";
  const known = ["host", "port", ...Object.keys(type.settings.shape)];
  const near = nearName(written, known);
  return {
    ...problem,
    path: `${problem.path}.${written}`,
    message: "unknown field",
    remedy: near === undefined ? `known here: ${known.join(", ")}` : `did you mean \`${near}\`?`,
  };
}
