import { z } from "zod";
import { caCertificate, secret, text, timeoutSeconds } from "./settings.ts";

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

/** A strict object of a source's settings and HTTP's, with the checks that need more than one of them. */
export function checkHttpSettings(settings: HttpSettings, context: z.core.$RefinementCtx): void {
  if (settings.password !== undefined && settings.username === undefined) {
    context.addIssue({ code: "custom", path: ["username"], message: "expected a username beside the password" });
  }
  if (settings.username !== undefined && settings.bearerToken !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["bearerToken"],
      message: "expected one way to authenticate, got a username and a bearer token",
    });
  }
}
