import { existsSync } from "node:fs";
import { parse } from "yaml";
import type { SourceReference } from "../../core/index.ts";
import { describeProblem } from "../../formats/problems.ts";
import { readDocuments } from "../../formats/read-documents.ts";
import { secretNames, settingProblems } from "../../formats/source-settings.ts";
import { describeExcess, MOST_POINTS, readSeries } from "../../lab/recordings/read-series.ts";
import type { RecordedSeries } from "../../lab/recordings/recorded-series.ts";
import { nearName } from "../../shared/near-name.ts";
import { UserError } from "../../shared/user-error.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { SharedThings } from "../../sources/shared/share.ts";
import type { SourceType } from "../../sources/shared/source.ts";
import { SourceError } from "../../sources/shared/source-error.ts";
import { parseDurationOption } from "./parse-numbers.ts";
import { localNetwork, missingCredentials } from "./poll-once.ts";
import { ProgressLine } from "./progress-line.ts";
import { readText } from "./read-text.ts";
import type { HistoryOptions, SimulateOptions } from "./rehearsal-options.ts";
import { parseTimeRange, type TimeRange } from "./rehearsal-terms.ts";

const DAY_MS = 86_400_000;
const TELL_MS = 250;
const LONGEST_NAME = 60;
/** One answer may hold thousands of points. */
const MOST_ANSWER_BYTES = 8 << 20;

type Options = Pick<SimulateOptions, "timeZone" | "from" | "to"> &
  Parameters<typeof parseHistorySource>[0] & { readonly history?: string };

/** Reads the series that the options name from its server. */
export async function readHistory(options: Options, own: () => SourceReference): Promise<RecordedSeries> {
  const source = parseHistorySource(options, own);
  const asked = parseRange(parseTimeRange(options), parseDurationOption("--step", options.step, 1));
  // What a counter grew by in the last step is known at the end of it.
  const range = options.historyKind === "counter" ? { ...asked, to: asked.to + asked.stepSeconds * 1000 } : asked;
  const count = Math.ceil((range.to - range.from) / (range.stepSeconds * 1000));
  if (count > MOST_POINTS) throw new UserError(`--history: ${describeExcess(count)}`);
  const { type, settings } = source;
  const things = new SharedThings();
  const progress = new ProgressLine(process.stderr);
  let done = 0;
  const ticking = setInterval(() => progress.show(done, `read from ${type.type}`), TELL_MS);
  try {
    const world = { now: Date.now, mayTouch: false, environment: process.env, network: localNetwork() };
    const tools = { ...world, answerBytes: MOST_ANSWER_BYTES, share: things.share };
    const history = type.history.open(settings, tools);
    const isDatedByBeginning = options.historyKind === "count" || options.historyKind === "rate";
    const told = (share: number) => {
      done = share;
    };
    const question = { history, traits: type.history, range, isDatedByBeginning, progress: told };
    try {
      return await readSeries({ ...question, name: describeSource(source), signal: new AbortController().signal });
    } finally {
      await history.close();
    }
  } catch (error) {
    if (error instanceof SourceError) throw new UserError(`--history: ${type.type}: ${error.message} (${error.kind})`);
    if (error instanceof UserError) throw new UserError(`--history: ${error.message}`);
    throw error;
  } finally {
    clearInterval(ticking);
    progress.end();
    await things.close();
  }
}

/** The stated time, or the last day, on whole steps and not in the future. */
function parseRange({ from, to }: TimeRange, stepSeconds: number) {
  const stepMs = stepSeconds * 1000;
  const whole = (at: number) => Math.floor(at / stepMs) * stepMs;
  const end = whole(Math.min(to ?? Date.now(), Date.now()));
  const begin = whole(from ?? end - DAY_MS);
  if (begin < end) return { from: begin, to: end, stepSeconds };
  throw new UserError("--from: expected a time at least one step before --to, and in the past");
}

/** The source and the beginning of its query. */
function describeSource({ type, settings }: HistorySource): string {
  const asked = settings.query ?? settings.expression ?? `${settings.namespace} ${settings.metricName}`;
  const text = String(asked).replace(/\s+/g, " ").trim();
  return `${type.type} ${text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}...` : text}`;
}

type Settings = Readonly<Record<string, unknown>>;

interface HistorySource {
  readonly type: SourceType & Required<Pick<SourceType, "history">>;
  readonly settings: Settings;
}

/** Long ranges take a server longer than a poll does. */
const TIMEOUT_SECONDS = 60;
const VARIABLE = /^\$\{(\w+)\}$/;

/** The source that the options name; `own` is the source of `--history own`. */
function parseHistorySource(options: HistoryOptions, own: () => SourceReference): HistorySource {
  const { history = "" } = options;
  const { name, settings } = history === "own" ? ownSettings(own()) : readSourceSettings(history);
  const type = findHistorySource(name, history);
  const given = { ...settings, ...parseStatedSettings(options, type) };
  const { shape } = type.settings;
  const timed = {
    ...("timeoutSeconds" in shape ? { timeoutSeconds: TIMEOUT_SECONDS } : {}),
    ...given,
    // A source with periods takes one of them as a step.
    ...("periodSeconds" in shape ? { periodSeconds: parseDurationOption("--step", options.step) } : {}),
  };
  const [missing] = missingCredentials({ type: name, settings: timed });
  if (missing !== undefined) {
    const remedy = `hand in the Secret too, or state it: --history-setting ${missing.replace(/ .*/, "")}='\${VARIABLE}'`;
    throw new UserError(`--history own: expected the credential ${missing}, which was not handed in: ${remedy}`);
  }
  const parsed = type.settings.safeParse(resolveVariables(timed));
  if (parsed.success) return { type, settings: parsed.data };
  const problems = settingProblems(parsed.error, timed, type, { under: [name] });
  throw new UserError(problems.map((problem) => `--history: ${describeProblem(problem)}`).join("\nmuster: "));
}

function ownSettings({ type, settings }: SourceReference): { readonly name: string; readonly settings: Settings } {
  const { timeoutSeconds: _, ...others } = settings;
  return { name: type, settings: others };
}

/** Reads a source's name, or a file of `{ name: settings }`, which may be under `source` as in a manifest. */
function readSourceSettings(history: string): { readonly name: string; readonly settings: Settings } {
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

function findHistorySource(name: string, history: string): HistorySource["type"] {
  const known = SOURCES.flatMap((type) => (type.history === undefined ? [] : [{ ...type, history: type.history }]));
  const type = known.find((source) => source.type === name);
  if (type !== undefined) return type;
  const names = known.map((source) => source.type);
  const near = nearName(name, names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const where = history === "own" ? "the policy's own source is " : "";
  throw new UserError(`--history: expected one of ${names.join(", ")}, a file or own, got ${where}"${name}"${hint}`);
}

/** Parses single settings. Credentials come from the environment: other users can read a command line. */
function parseStatedSettings({ historyUrl, historyQuery, historySetting }: HistoryOptions, type: SourceType): Settings {
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
    return [name, isText ? text : parseYamlValue(text)];
  });
  return {
    ...(historyUrl === undefined ? {} : { ["endpoint" in shape ? "endpoint" : "url"]: historyUrl }),
    ...(historyQuery === undefined ? {} : { ["expression" in shape ? "expression" : "query"]: historyQuery }),
    ...Object.fromEntries(pairs),
  };
}

/** A number or a mapping such as {QueueName: mails}. */
function parseYamlValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function resolveVariables(settings: Settings): Settings {
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
