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

/** A credential: never shown, and stated by a Secret or the environment. */
export function secret(about: string) {
  return z.string().min(1, "expected a credential that is not empty").meta({ description: about, secret: true });
}

/** How long one poll may take: the only limit, live and in `muster check --probe` (see readSeconds). */
export function timeoutSeconds() {
  return z
    .number()
    .positive("expected more than 0 seconds")
    .max(120, "expected at most 120 seconds")
    .default(USUAL_SECONDS)
    .describe("Seconds that one poll may take in total");
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

/** Reports a check of several settings at `path`, also while other settings are wrong, so that all problems come at once. */
export function reportedAt(path: string, message: string) {
  const when = ({ value }: { readonly value: unknown }) => typeof value === "object" && value !== null;
  return { path: [path], message, when };
}

/** The settings that every source over HTTP has: spread them into its own. */
export const httpSettings = {
  username: text("User name for basic authentication").optional(),
  password: secret("Password for basic authentication").optional(),
  bearerToken: secret("Token sent as `Authorization: Bearer`").optional(),
  caCertificate: caCertificate(),
  timeoutSeconds: timeoutSeconds(),
};

/** Request headers of a source that sends some of its own. */
export function headers() {
  return z
    .record(
      z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "expected a header's name"),
      z.string().regex(/^[\t\x20-\x7e]*$/, "expected a header's value in one line of ASCII"),
    )
    .default({})
    .describe("Request headers to send, by name. For credentials use bearerToken or username and password");
}

/** What `httpSettings` are once parsed. */
export type HttpSettings = z.output<z.ZodObject<typeof httpSettings>>;

/** Adds the checks that need several of HTTP's settings. */
export function checkedHttp<Settings extends z.ZodObject>(settings: Settings): Settings {
  const username = "expected a username beside the password";
  const bearerToken = "expected one way to authenticate, got a username and a bearer token";
  return settings
    .refine((given) => given.password === undefined || given.username !== undefined, reportedAt("username", username))
    .refine(
      (given) => given.bearerToken === undefined || given.username === undefined,
      reportedAt("bearerToken", bearerToken),
    );
}

/** The settings that sources with a connection of their own have: spread them into a source's own. */
export function tcpSettings(usualPort: number) {
  return {
    host: text("Host name or address of the server"),
    port: port(usualPort),
    username: text("User name").optional(),
    password: secret("Password").optional(),
    tls: z.boolean().default(false).describe("Whether to speak TLS; the server's certificate is always checked"),
    caCertificate: caCertificate(),
    timeoutSeconds: timeoutSeconds(),
  };
}

/** What `tcpSettings` are once parsed. */
export type TcpSettings = z.output<z.ZodObject<ReturnType<typeof tcpSettings>>>;
