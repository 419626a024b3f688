import * as z from "zod";
import { USUAL_SECONDS } from "./time-limit.ts";

/** A base address of an HTTP server. Credentials have settings of their own, so that no error or log repeats them. */
export function httpUrl(about: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const problem = urlProblem(text);
      if (problem) context.addIssue({ code: "custom", message: problem });
    })
    .meta({ description: about, examples: ["http://metrics.example:8080"] });
}

function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:\/\//i.test(text)) return "expected a URL such as http://metrics.example:8080";
  if (url.username || url.password) return "expected a URL without credentials; write them into username and password";
  return undefined;
}

/** A text that must not be empty. */
export function text(about: string) {
  return z.string().trim().min(1, "expected a text that is not empty").describe(about);
}

/** A credential: never shown, and given by a Secret or the environment rather than written down. */
export function secret(about: string) {
  return z.string().min(1, "expected a credential that is not empty").meta({ description: about, secret: true });
}

/** How long one read may take: the only limit there is, live and in `muster check --probe` (see readSeconds). */
export function timeoutSeconds() {
  return z
    .number()
    .positive("expected more than 0 seconds")
    .max(120, "expected at most 120 seconds")
    .default(USUAL_SECONDS)
    .describe("Seconds that one look may take in all");
}

/** Certificates to trust instead of the system's, as PEM. */
export function caCertificate() {
  return z
    .string()
    .includes("-----BEGIN CERTIFICATE-----", { message: "expected a certificate in PEM form" })
    .optional()
    .describe("Certificates (PEM) of the authority that signed the server's; absent: the system's authorities");
}

/** A TCP port, with the system's usual one as default. */
export function port(usual: number) {
  return z
    .number()
    .int("expected a whole number")
    .min(1, "expected a port from 1 to 65535")
    .max(65_535, "expected a port from 1 to 65535")
    .default(usual)
    .describe("TCP port of the server");
}

/** How a check of several settings is reported: at `path`, and also while others are wrong, so that all is said at once. */
export function reportedAt(path: string, message: string) {
  const when = ({ value }: { readonly value: unknown }) => typeof value === "object" && value !== null;
  return { path: [path], message, when };
}
