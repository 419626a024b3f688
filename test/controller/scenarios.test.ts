import { test } from "node:test";
import { playScenario } from "../support/play-scenario.ts";
import { scenarios } from "../support/scenario.ts";

for (const scenario of scenarios()) {
  test(`scenario ${scenario.file}: ${scenario.about}`, () => playScenario(scenario));
}
