import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { selfSigned } from "../support/certificates.ts";
import { failedPoll, poll } from "./poll.ts";

/** For whom the certificate must be with which a server is tested: its address, and not the name that it has besides. */
export const TLS_NAMES = "IP:127.0.0.1";

/** The tests of a source's TLS at a server on 127.0.0.1 with a certificate for `TLS_NAMES`, which is its own authority. */
export async function testTls(
  t: TestContext,
  type: SourceType,
  settings: Record<string, unknown>,
  caCertificate: string,
): Promise<void> {
  const asked = { ...settings, host: "127.0.0.1", tls: true };

  await t.test("over TLS, a server is trusted by the caCertificate of its authority alone", async () => {
    await poll(type, { ...asked, caCertificate });
    for (const other of [{}, { caCertificate: selfSigned().cert }]) {
      const failure = await failedPoll(type, { ...asked, ...other });
      assert.equal(failure.kind, "Unavailable", failure.message);
      assert.match(failure.message, /not trusted .*set caCertificate/);
    }
  });

  await t.test("over TLS, a server whose certificate is for another name is refused", async () => {
    const failure = await failedPoll(type, { ...asked, caCertificate, host: "localhost" });
    assert.equal(failure.kind, "Unavailable", failure.message);
    assert.match(failure.message, /certificate for another name/);
  });
}
