import type { Problem, SourceReference } from "../core/index.ts";
import { ownValue } from "../shared/own-value.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { type PhpaFile, unquotedBoolean, unquotedNumber } from "./phpa-schema.ts";
import { fieldPath, problem, shown, unknownField } from "./problems.ts";
import { settingProblems, unknownSource } from "./source-settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Block = Readonly<Record<string, unknown>>;

/** The source of a PHPA file's metricServer: its adaptor is a source's type, its block that source's settings. */
export function metricServer(
  { adaptor, ...blocks }: PhpaFile["metricServer"],
  sources: readonly SourceType[],
  environment: Environment,
): { readonly source: SourceReference } | { readonly problems: readonly Problem[] } {
  const type = sources.find((source) => source.type === adaptor);
  if (type === undefined) return { problems: [unknownSource("metricServer.adaptor", adaptor, sources)] };
  return sourceOfBlock(type, ownValue(blocks, adaptor), ["metricServer", adaptor], environment);
}

/** The source that a block of settings describes, with the spellings that PHPA's files have. */
function sourceOfBlock(
  type: SourceType,
  block: unknown,
  under: readonly PropertyKey[],
  environment: Environment,
): { readonly source: SourceReference } | { readonly problems: readonly Problem[] } {
  const path = fieldPath(under);
  if (!isBlock(block)) {
    const message = `expected a mapping of this name, as the adaptor is ${type.type}, got ${shown(block)}`;
    return { problems: [{ path, message, remedy: "indent the metric server's settings under it" }] };
  }
  const problems: Problem[] = [];
  const given = resolved(block, environment, path, problems);
  if (problems.length > 0) return { problems };
  const settings = takesHostAndPort(type, given) ? withUrl(given, path, problems) : given;
  const parsed = type.settings.safeParse(unquoted(withoutNone(settings, type), type));
  if (!parsed.success) {
    const of = { under, alsoKnown: ["host", "port"] };
    const said = problems.length > 0 ? `${path}.url` : undefined;
    problems.push(...settingProblems(parsed.error, block, type, of).filter((problem) => problem.path !== said));
  }
  return parsed.success && problems.length === 0
    ? { source: { type: type.type, settings: parsed.data } }
    : { problems };
}

/** The one source of a PHPA file's `{ type: settings }`. */
export function namedSource(
  stated: Readonly<Record<string, unknown>>,
  under: readonly PropertyKey[],
  sources: readonly SourceType[],
  environment: Environment,
): ReturnType<typeof sourceOfBlock> {
  const [name = "", second] = Object.keys(stated);
  const type = sources.find((source) => source.type === name);
  if (second !== undefined || name === "") {
    return { problems: [problem(fieldPath(under), "expected exactly one source")] };
  }
  if (type === undefined) return { problems: [unknownSource(fieldPath(under), name, sources)] };
  return sourceOfBlock(type, stated[name], [...under, name], environment);
}

/** Keys beside the adaptor that are no source's name: the slip by which a block is not found. */
export function unknownBlocks(document: unknown, sources: readonly SourceType[]): readonly Problem[] {
  const { metricServer: blocks } = (document ?? {}) as { metricServer?: unknown };
  const known = ["adaptor", ...sources.map(({ type }) => type)];
  return Object.keys(isBlock(blocks) ? blocks : {})
    .filter((name) => !known.includes(name))
    .map((name) => unknownField(["metricServer", name], name, known));
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** PHPA writes host and port where our sources over HTTP have a URL. */
function takesHostAndPort({ settings: { shape } }: SourceType, given: Block): boolean {
  return "url" in shape && given.url === undefined;
}

/** A name or an address, with a scheme of its own for HTTPS. */
const HOST = /^(https?:\/\/)?([^\s/@:?#[\]$]+|\[[0-9a-f:.]+\])\/?$/i;

function withUrl({ host, port, ...others }: Block, path: string, problems: Problem[]): Block {
  const [, scheme = "http://", name] = (typeof host === "string" && HOST.exec(host.trim())) || [];
  if (name === undefined) {
    problems.push({
      path: `${path}.host`,
      message: `expected the metric server's host, such as graphite-1 or https://graphite-1, got ${shown(host)}`,
      ...(typeof host === "string"
        ? { remedy: "the port has a key of its own; an address with a path goes into `url`, without host and port" }
        : {}),
    });
  }
  const number = unquotedNumber(port);
  const isPort = typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 65_535;
  if (!isPort) problems.push({ path: `${path}.port`, message: `expected a port from 1 to 65535, got ${shown(port)}` });
  return { ...others, url: `${scheme}${name}:${isPort ? number : 80}` };
}

/** A credential may stand in the environment instead of the file: `password: ${INFLUXDB_PASSWORD}`. */
function resolved(settings: Block, environment: Environment, path: string, problems: Problem[]): Block {
  const values = Object.entries(settings).map(([name, value]) => {
    const variable = typeof value === "string" ? /^\$\{(\w+)\}$/.exec(value.trim())?.[1] : undefined;
    if (variable === undefined) return [name, value];
    const found = ownValue(environment, variable);
    if (found === undefined) {
      problems.push({ path: `${path}.${name}`, message: `expected ${variable} in the environment, got nothing` });
    }
    return [name, found];
  });
  return Object.fromEntries(values);
}

/** PHPA's files write '' for a user name or password that the server does not ask for. */
function withoutNone(settings: Block, { settings: { shape } }: SourceType): Block {
  const isNone = (name: string, value: unknown) =>
    value === "" && ownValue(shape, name)?.safeParse(undefined).success === true;
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => !isNone(name, value)));
}

/** Quotes make no difference here either: a password may be 12345, a limit '5'. */
function unquoted(settings: Block, { settings: { shape } }: SourceType): Block {
  const values = Object.entries(settings).map(([name, value]) => {
    const fits = (one: unknown) => ownValue(shape, name)?.safeParse(one).success === true;
    return [name, fits(value) ? value : (otherwiseQuoted(value).find(fits) ?? value)];
  });
  return Object.fromEntries(values);
}

function otherwiseQuoted(value: unknown): readonly unknown[] {
  if (typeof value === "string") return [unquotedNumber(value), unquotedBoolean(value)];
  return typeof value === "number" || typeof value === "boolean" ? [String(value)] : [];
}
