import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { at, pathSteps } from "../shared/json-path.ts";
import { findSample, parseSelector } from "./http/exposition.ts";
import { HttpClient, withoutQuery } from "./shared/http.ts";
import { checkedHttp, headers, httpSettings, httpUrl, reportedAt } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { instantOf, numeric } from "./shared/values.ts";

const isPath = (text: string) => pathSteps(text) !== undefined;
const PATH = "expected a path such as jobs.waiting, queues[0].size or /queues/0/size";
const SELECTOR = 'expected a metric by = and != of its labels, such as jobs_waiting{queue="mails"}';

const settings = checkedHttp(
  z
    .strictObject({
      url: httpUrl("Address that answers a GET with JSON, YAML or Prometheus's text format"),
      format: z.enum(["json", "yaml", "prometheus"]).default("json").describe("What the address answers with"),
      path: z
        .string()
        .describe(
          'Where the number stands in the answer: a dotted path (queues[0].size) or a JSON pointer (/queues/0/size); empty: the answer itself. Of format prometheus: the series, such as jobs_waiting{queue="mails"}',
        ),
      timePath: z
        .string()
        .refine(isPath, PATH)
        .describe(
          "Where the answer says of which time it speaks (ISO 8601, or seconds or milliseconds since the epoch); absent: the time of the poll",
        )
        .optional(),
      headers: headers(),
      ...httpSettings,
    })
    .refine(
      ({ format, path }) => format === "prometheus" || typeof path !== "string" || isPath(path),
      reportedAt("path", PATH),
    )
    .refine(
      ({ format, path }) => format !== "prometheus" || typeof path !== "string" || parseSelector(path) !== undefined,
      reportedAt("path", SELECTOR),
    )
    .refine(
      ({ format, timePath }) => format !== "prometheus" || timePath === undefined,
      reportedAt(
        "timePath",
        "expected no timePath where format is prometheus, whose series state their time themselves",
      ),
    ),
);
type Settings = z.output<typeof settings>;

export default defineSource({
  type: "http",
  about: "A number in the JSON, YAML or Prometheus text that a URL answers",
  settings,
  pace: { movingSeconds: 5, steadySeconds: 30, asleepSeconds: 1 },
  example: {
    url: "https://shop.example/internal/stats",
    path: "queues.mails.size",
    timePath: "updatedAt",
    bearerToken: { secretRef: { name: "shop", key: "token" } },
  },
  notes: [
    "Nothing or null at the path is a missing value; what is neither a number nor the decimal text of one is refused.",
    "Of format prometheus, `path` must match one series: none is a missing value, and several, or a value that is not finite, are refused. Labels are compared by = and !=, not by regular expressions.",
    "An answer in YAML may have 16,384 characters: the time to parse it grows with the square of its length.",
    "Redirects are followed on the same host alone.",
  ],
  connect(settings, tools) {
    const url = new URL(settings.url);
    const http = new HttpClient(settings, tools, [...Object.values(settings.headers), ...url.searchParams.values()]);
    return {
      async read(signal): Promise<Reading> {
        const asked = tools.now();
        const request = { url, headers: settings.headers, signal };
        if (settings.format === "json") return readingIn(await http.json(request), settings, asked);
        const text = await http.text(request, FORMATS[settings.format]);
        const began = performance.now();
        try {
          if (settings.format === "yaml") {
            const { parseYaml } = await import("./http/yaml-answer.ts");
            return readingIn(parseYaml(text, withoutQuery(url)), settings, asked);
          }
          const selector = parseSelector(settings.path);
          if (selector === undefined) throw new SourceError("Malformed", SELECTOR);
          return { at: asked, ...findSample(text, selector) };
        } finally {
          tools.spent?.(performance.now() - began);
        }
      },
      close: () => http.close(),
    };
  },
});

const FORMATS = { yaml: "YAML", prometheus: "Prometheus's text format" } as const;

function readingIn(answer: unknown, { path, timePath }: Settings, asked: number): Reading {
  return { value: valueAt(answer, path), at: timePath === undefined ? asked : timeAt(answer, timePath) };
}

function valueAt(answer: unknown, path: string): number {
  const found = at(answer, path);
  if (found === undefined || found === null)
    throw new SourceError("NotFound", `the answer has nothing at ${path || "its root"}`);
  const value = numeric(found);
  if (value === undefined)
    throw new SourceError("Malformed", `expected a number at ${path || "the answer's root"}, got ${kindOf(found)}`);
  return value;
}

function timeAt(answer: unknown, path: string): number {
  const time = instantOf(at(answer, path));
  if (time === undefined)
    throw new SourceError("Malformed", `expected a time at ${path}, got ${kindOf(at(answer, path))}`);
  return time;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? "a text that is not one" : `a ${typeof value} out of range`;
}
