import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import type { SourceType } from "../../src/sources/shared/source.ts";

/** Settings with several mistakes, and the names of the settings that are wrong. */
export interface WrongSettings {
  readonly settings: Record<string, unknown>;
  readonly names: readonly string[];
}

/** Registers the tests of a source's settings that need no server. */
export function testSettings(type: SourceType, wrong: WrongSettings): void {
  test("names all wrong settings at once", () => {
    const parsed = type.settings.safeParse(wrong.settings);
    assert.equal(parsed.success, false);
    const named = parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys : [issue.path.join(".")],
    );
    for (const name of wrong.names) {
      assert.ok(
        named.some((path) => path === name || path.startsWith(`${name}.`)),
        `${name} is not named: ${named}`,
      );
    }
  });

  test("refuses a setting that it does not know", () => {
    const parsed = type.settings.safeParse({ ...wrong.settings, sprocket: 1 });
    const unknown = parsed.error?.issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
    assert.ok(unknown?.includes("sprocket"), "z.strictObject refuses unknown keys");
  });

  test("describes each setting", () => {
    const { properties = {} } = z.toJSONSchema(type.settings, { io: "input", unrepresentable: "any" });
    for (const [name, setting] of Object.entries(properties)) {
      assert.ok(typeof setting === "object" && setting.description, `${name} has no description`);
    }
  });
}
