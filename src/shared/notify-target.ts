import type { NotifyTarget } from "../core/index.ts";

/** How a receiver wants to be told. */
const FORMATS: readonly NotifyTarget["format"][] = ["cloudevents", "batch", "slack"];

/** Slack's own hosts have an API of their own. */
const SLACK = /^hooks\.slack(-gov)?\.com$/;
const LONGEST_LIST = 4_096;
const MOST_TARGETS = 5;
const EXPECTED =
  "expected addresses such as https://events.example.com/muster or slack+https://hooks.slack.com/services/...";

/**
 * Parses a list of receivers, separated by commas: http:// or https:// addresses, after slack+ or batch+ where they want
 * another form than single CloudEvents. The problem does not repeat what was written: that may hold a credential.
 */
export function parseNotifyTargets(
  text: string,
): { readonly targets: readonly NotifyTarget[] } | { readonly problem: string } {
  if (text.length > LONGEST_LIST) return { problem: `expected at most ${LONGEST_LIST} characters, got ${text.length}` };
  const written = text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  if (written.length > MOST_TARGETS)
    return { problem: `expected at most ${MOST_TARGETS} addresses, got ${written.length}` };
  const targets: NotifyTarget[] = [];
  for (const [index, one] of written.entries()) {
    const target = parseTarget(one);
    if (typeof target === "string") return { problem: `${EXPECTED}; address ${index + 1} ${target}` };
    targets.push(target);
  }
  return { targets };
}

function parseTarget(written: string): NotifyTarget | string {
  const [, prefix, rest = ""] = /^(?:([a-z]+)\+)?(.*)$/s.exec(written) ?? [];
  if (!URL.canParse(rest)) return "is not a URL";
  const url = new URL(rest);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "does not begin with http:// or https://";
  if (url.username !== "" || url.password !== "") return "has a user name: put a token into its path or query";
  const named = FORMATS.find((one) => one === prefix);
  if (prefix !== undefined && named === undefined) return `has an unknown form: known are ${FORMATS.join("+, ")}+`;
  const format = named ?? (SLACK.test(url.hostname) ? "slack" : "cloudevents");
  return { format, url: url.href, host: url.host };
}
