import * as z from "zod";
import { type HttpRequest, withPath } from "../shared/http.ts";

/** A query longer than this goes into a form, since servers and proxies limit a URL to about 8 KiB. */
const LONGEST_URL_QUERY = 1_500;

/** Where a query is asked, and what goes with it. */
export interface PromqlSettings {
  readonly url: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The request of an instant query, or of one over a range with more parameters. */
export function promqlRequest(
  settings: PromqlSettings,
  endpoint: "query" | "query_range",
  more: Readonly<Record<string, string>> = {},
): Omit<HttpRequest, "signal"> {
  const url = withPath(settings.url, `api/v1/${endpoint}`);
  const asked = Object.entries({ query: settings.query, ...more });
  const form = new URLSearchParams([...url.searchParams, ...asked]).toString();
  if (form.length <= LONGEST_URL_QUERY) {
    url.search = form;
    return { url, headers: settings.headers, errorIn };
  }
  url.search = "";
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return { url, method: "POST", body: form, headers: { ...settings.headers, ...type }, errorIn };
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview, with the types of error in its code. */
const errorShape = z.object({
  status: z.literal("error"),
  errorType: z.enum([
    "timeout",
    "canceled",
    "execution",
    "bad_data",
    "internal",
    "unavailable",
    "not_found",
    "not_acceptable",
  ]),
  error: z.string(),
});

function errorIn(answer: unknown): string | undefined {
  const { data } = errorShape.safeParse(answer);
  return data && `${data.errorType}: ${data.error}`;
}
