import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirement } from "./requirement.ts";

export const OPENSSL = requirement("openssl", "install it with `apt-get install openssl`");

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for 127.0.0.1 and localhost, or for `names`, that signs itself, so that it serves as its own authority. */
export function selfSigned(names = "DNS:localhost,IP:127.0.0.1"): Certificate {
  if (OPENSSL.path === undefined) throw new Error(String(OPENSSL.skip));
  const folder = mkdtempSync(join(tmpdir(), "muster-certificate-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const what = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const whose = ["-subj", "/CN=muster", "-addext", `subjectAltName=${names}`];
    execFileSync(OPENSSL.path, [...what, ...whose, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
