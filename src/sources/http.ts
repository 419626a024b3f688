import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { at, pathSteps } from "../shared/json-path.ts";
import { HttpClient } from "./shared/http.ts";
import { checkedHttp, headers, httpSettings, httpUrl } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { instantOf, numeric } from "./shared/values.ts";

const path = (about: string) =>
  z
    .string()
    .refine(
      (text) => pathSteps(text) !== undefined,
      "expected a path such as jobs.waiting, queues[0].size or /queues/0/size",
    )
    .describe(about);

const settings = checkedHttp(
  z.strictObject({
    url: httpUrl("Address that answers a GET with JSON"),
    path: path(
      "Where the number stands in the answer: a dotted path (queues[0].size) or a JSON pointer (/queues/0/size); empty: the answer itself",
    ),
    timePath: path(
      "Where the answer says of which time it speaks (ISO 8601, or seconds or milliseconds since the epoch); absent: the time of the poll",
    ).optional(),
    headers: headers(),
    ...httpSettings,
  }),
);

export default defineSource({
  type: "http",
  about: "A number in the JSON that a URL answers",
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
    "Redirects are followed on the same host alone.",
  ],
  connect(settings, tools) {
    const url = new URL(settings.url);
    const http = new HttpClient(settings, tools, [...Object.values(settings.headers), ...url.searchParams.values()]);
    return {
      async read(signal): Promise<Reading> {
        const asked = tools.now();
        const answer = await http.json({ url, headers: settings.headers, signal });
        return {
          value: valueAt(answer, settings.path),
          at: settings.timePath === undefined ? asked : timeAt(answer, settings.timePath),
        };
      },
      close: () => http.close(),
    };
  },
});

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
