import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runMuster } from "../support/muster.ts";

const PAGE = "docs/simulate.md";
const SHOWN = /```sh\nmuster (simulate .*)\n```\n\n```text\n([^`]*)```/g;

for (const [, command = "", shown = ""] of readFileSync(PAGE, "utf8").matchAll(SHOWN)) {
  test(`${PAGE} shows what "muster ${command}" prints`, async () => {
    const { status, stdout, stderr } = await runMuster(command.split(" "));
    assert.equal(status, 0, stderr);
    assert.equal(stdout, shown, `paste this into ${PAGE}:\n${stdout}`);
  });
}
