import type { Signal } from "../core/index.ts";

/** Settings that name what is read, in the words of the systems that have them. */
const NAMING_SETTINGS = ["queue", "queueName", "tube", "queueUrl", "url"];

/** The short name of what a signal reads, for the label queueName: never a whole URL, which may hold more than a name. */
export function queueName({ name, source: { settings } }: Signal): string {
  for (const setting of NAMING_SETTINGS) {
    const value = settings[setting];
    if (typeof value === "string" && value !== "") return value.includes("://") ? (lastSegment(value) ?? name) : value;
  }
  return name;
}

function lastSegment(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).pathname.split("/").findLast((segment) => segment !== "");
}
