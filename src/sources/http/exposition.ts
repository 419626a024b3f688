import type { Instant } from "../../core/index.ts";
import { SourceError } from "../shared/source-error.ts";
import { instantOf, numeric } from "../shared/values.ts";

interface Matcher {
  readonly label: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** What `name{label="value", other!="value"}` asks for. */
interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

interface Sample {
  readonly value: number;
  /** Absent: the server states no time. */
  readonly at?: Instant;
}

const NAME = /[a-zA-Z_:][\w:]*/y;
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*(!?=)[ \t]*"((?:[^"\\\n]|\\[^\n])*)"[ \t]*(,|(?=\}))/y;

/** Undefined where the text is no selector of one metric by = and !=. */
export function parseSelector(text: string): Selector | undefined {
  const series = readSeries(text.trim());
  return series?.rest === "" ? { name: series.name, matchers: series.matchers } : undefined;
}

/**
 * The one sample that a selector matches in Prometheus's text format. Of several series none is better than another: the
 * number would change with their order, so that is an error.
 */
export function findSample(text: string, { name, matchers }: Selector): Sample {
  const lines = text.split("\n").filter((line) => line.startsWith(name) && /^[{ \t]/.test(line.slice(name.length)));
  const found = lines.flatMap((line) => {
    const series = readSeries(line);
    if (series === undefined) throw malformed(name, "a line with labels and a value");
    const labels = new Map(series.matchers.map(({ label, value }) => [label, value]));
    const matches = matchers.every(({ label, isEqual, value }) => ((labels.get(label) ?? "") === value) === isEqual);
    return matches ? series.rest : [];
  });
  const [sample, ...others] = found;
  if (sample === undefined) throw new SourceError("NotFound", `the answer has no series of ${name} that path matches`);
  if (others.length > 0) throw malformed(name, `one series that path matches, got ${found.length}: name more labels`);
  const [value, time] = sample.trim().split(/[ \t]+/, 2);
  const number = numeric(value);
  if (number === undefined) throw malformed(name, "a finite number");
  if (time === undefined || time === "#") return { value: number };
  const at = instantOf(numeric(time));
  if (at === undefined) throw malformed(name, "a time after the value");
  return { value: number, at };
}

/** A metric's name, its labels, and what comes after them. */
function readSeries(line: string): (Selector & { readonly rest: string }) | undefined {
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return undefined;
  if (line[name.length] !== "{") return { name, matchers: [], rest: line.slice(name.length) };
  const matchers: Matcher[] = [];
  LABEL.lastIndex = name.length + 1;
  let end = LABEL.lastIndex;
  for (let found = LABEL.exec(line); found !== null; found = LABEL.exec(line)) {
    const [, label = "", operator, value = ""] = found;
    matchers.push({ label, isEqual: operator === "=", value: unescaped(value) });
    end = LABEL.lastIndex;
  }
  return line[end] === "}" ? { name, matchers, rest: line.slice(end + 1) } : undefined;
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function malformed(name: string, expected: string): SourceError {
  return new SourceError("Malformed", `expected for ${name} ${expected}`);
}
