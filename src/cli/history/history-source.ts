import { existsSync } from "node:fs";
import { parse } from "yaml";
import type { SourceReference } from "../../core/index.ts";
import { describeProblem } from "../../formats/describe-problem.ts";
import { readDocuments } from "../../formats/read-documents.ts";
import { nearName } from "../../formats/shared/near-name.ts";
import { secretNames, settingProblems } from "../../formats/shared/source-problems.ts";
import { UserError } from "../../shared/user-error.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { SourceType } from "../../sources/shared/source.ts";
import { missingCredentials } from "../shared/poll-once.ts";
import { readText } from "../shared/read-text.ts";
import { durationOf } from "../simulate/numbers.ts";
import type { HistoryOptions } from "./history-options.ts";

type Settings = Readonly<Record<string, unknown>>;

/** A source that keeps the past, and its settings. */
export interface HistorySource {
  readonly type: SourceType & Required<Pick<SourceType, "history">>;
  readonly settings: Settings;
}

/** Long ranges take a server longer than a look does. */
const TIMEOUT_SECONDS = 60;
const VARIABLE = /^\$\{(\w+)\}$/;

/** The source that the options name, with all of its settings; `own` is what `--history own` means. */
export function historySource(options: HistoryOptions, own: () => SourceReference): HistorySource {
  const { history = "" } = options;
  const { name, settings } = history === "own" ? ownSettings(own()) : statedSettings(history);
  const type = keepingThePast(name, history);
  const given = { ...settings, ...stated(options, type) };
  const { shape } = type.settings;
  const timed = {
    ...("timeoutSeconds" in shape ? { timeoutSeconds: TIMEOUT_SECONDS } : {}),
    ...given,
    // Where a source has periods, a step is one of them.
    ...("periodSeconds" in shape ? { periodSeconds: durationOf("--step", options.step) } : {}),
  };
  const [missing] = missingCredentials({ type: name, settings: timed });
  if (missing !== undefined) {
    const remedy = `hand in the Secret too, or state it: --history-setting ${missing.replace(/ .*/, "")}='\${VARIABLE}'`;
    throw new UserError(`--history own: expected the credential ${missing}, which is not at hand: ${remedy}`);
  }
  const parsed = type.settings.safeParse(resolved(timed));
  if (parsed.success) return { type, settings: parsed.data };
  const problems = settingProblems(parsed.error, timed, type, { under: [name] });
  throw new UserError(problems.map((problem) => `--history: ${describeProblem(problem)}`).join("\nmuster: "));
}

function ownSettings({ type, settings }: SourceReference): { readonly name: string; readonly settings: Settings } {
  const { timeoutSeconds: _, ...others } = settings;
  return { name: type, settings: others };
}

/** A source's name alone, or a file of `{ name: settings }`, which may stand under `source` as it does in a manifest. */
function statedSettings(history: string): { readonly name: string; readonly settings: Settings } {
  if (SOURCES.some(({ type }) => type === history)) return { name: history, settings: {} };
  const isFile = /[./\\]/.test(history) || history === "-" || existsSync(history);
  if (!isFile) return { name: history, settings: {} };
  const [document, ...others] = readDocuments(readText(history));
  const wrong = document?.problems[0];
  if (wrong !== undefined) throw new UserError(`--history: ${describeProblem({ ...wrong, file: history })}`);
  const value = (document?.value as { source?: unknown } | undefined)?.source ?? document?.value;
  const entries = isMapping(value) ? Object.entries(value) : [];
  const [[name, settings] = ["", undefined]] = entries;
  if (entries.length !== 1 || others.length > 0 || !isMapping(settings)) {
    throw new UserError(
      `--history: ${history}: expected one source with its settings, such as "prometheus: {url, query}"`,
    );
  }
  return { name, settings };
}

function keepingThePast(name: string, history: string): HistorySource["type"] {
  const known = SOURCES.flatMap((type) => (type.history === undefined ? [] : [{ ...type, history: type.history }]));
  const type = known.find((source) => source.type === name);
  if (type !== undefined) return type;
  const names = known.map((source) => source.type);
  const near = nearName(name, names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const where = history === "own" ? "the policy's own source is " : "";
  throw new UserError(`--history: expected one of ${names.join(", ")}, a file or own, got ${where}"${name}"${hint}`);
}

/** What the options say of single settings. A credential on a command line could be read by others. */
function stated({ historyUrl, historyQuery, historySetting }: HistoryOptions, type: SourceType): Settings {
  const shape = type.settings.shape;
  const pairs = historySetting.map((word) => {
    const [, name = "", text = ""] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === "") throw new UserError(`--history-setting: expected NAME=VALUE, got "${word}"`);
    if (secretNames(type).has(name) && !VARIABLE.test(text)) {
      throw new UserError(
        `--history-setting: expected ${name}='\${VARIABLE}', which is taken from the environment, got another value`,
      );
    }
    const isText = VARIABLE.test(text) || shape[name]?.safeParse(text).success === true;
    return [name, isText ? text : plain(text)];
  });
  return {
    ...(historyUrl === undefined ? {} : { ["endpoint" in shape ? "endpoint" : "url"]: historyUrl }),
    ...(historyQuery === undefined ? {} : { ["expression" in shape ? "expression" : "query"]: historyQuery }),
    ...Object.fromEntries(pairs),
  };
}

/** A number or a mapping such as {QueueName: mails}, as YAML has them. */
function plain(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function resolved(settings: Settings): Settings {
  const entries = Object.entries(settings).map(([name, value]) => {
    const variable = typeof value === "string" ? VARIABLE.exec(value)?.[1] : undefined;
    if (variable === undefined) return [name, value];
    const found = process.env[variable];
    if (found !== undefined) return [name, found];
    throw new UserError(`--history: ${name}: expected ${variable} in the environment, got nothing`);
  });
  return Object.fromEntries(entries);
}

function isMapping(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
