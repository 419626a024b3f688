import type { Command } from "commander";
import { addCheck } from "./check.ts";
import { addComplete, addCompletion } from "./completion.ts";
import { addConvert } from "./convert.ts";
import { addDecide } from "./decide.ts";
import { addDemo } from "./demo.ts";
import { addList } from "./list.ts";
import { addPause, addResume } from "./pause.ts";
import { addPhpa } from "./phpa.ts";
import { addRun } from "./run.ts";
import { addSandbox } from "./sandbox.ts";
import { addShadow } from "./shadow.ts";
import { addSimulate } from "./simulate.ts";
import { addTune } from "./tune.ts";
import { addUi } from "./ui.ts";
import { addWhy } from "./why.ts";

/**
 * Every command, in the order in which `muster --help` lists them. One file each; its heavy imports belong inside
 * its action, so that the other commands start fast.
 */
export const COMMANDS: readonly ((program: Command) => void)[] = [
  addRun,
  addPhpa,
  addDemo,
  addDecide,
  addSimulate,
  addTune,
  addWhy,
  addList,
  addPause,
  addResume,
  addUi,
  addShadow,
  addCheck,
  addConvert,
  addSandbox,
  addCompletion,
  addComplete,
];
