import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runMuster } from "../support/muster.ts";
import { shadowedWorld } from "../support/shadowed-world.ts";

const PAGE = "docs/shadow.md";

test(`${PAGE} shows what its command prints`, async (context) => {
  const text = readFileSync(PAGE, "utf8");
  const [, manifest = ""] = /```yaml\n(.*?)```/s.exec(text) ?? [];
  const [, command = "", shown = ""] = /```sh\nmuster (shadow .*)\n```\n\n```text\n([^`]*)```/.exec(text) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "muster-shadow-docs-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "shadow.yaml"), manifest);
  const { entries } = shadowedWorld({
    traffic: "flash-crowd:base=30,peak=300,for=3h",
    serviceSeconds: 2,
    other: (unfinished, replicas) =>
      Math.max(1, Math.min(replicas + 2, 12, Math.max(Math.ceil(unfinished / 20), replicas - 1))),
    autoscaler: { minReplicas: 1 },
  });
  writeFileSync(join(folder, "journal.jsonl"), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  const { status, stdout, stderr } = await runMuster(command.split(" "), { cwd: folder });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, shown, `paste this into ${PAGE}:\n${stdout}`);
});
