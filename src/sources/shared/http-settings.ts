import * as z from "zod";
import { caCertificate, reportedAt, secret, text, timeoutSeconds } from "./settings.ts";

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
export interface HttpSettings {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly bearerToken?: string | undefined;
  readonly caCertificate?: string | undefined;
  readonly timeoutSeconds: number;
}

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
