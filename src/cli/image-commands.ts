import type { Command } from "commander";
import { UserError } from "../shared/user-error.ts";
import { addCheck } from "./check.ts";
import { addComplete, addCompletion } from "./completion.ts";
import { addConvert } from "./convert.ts";
import { addDecide } from "./decide.ts";
import { addList } from "./list.ts";
import { addPause, addResume } from "./pause.ts";
import { addPhpa } from "./phpa.ts";
import { addRun } from "./run.ts";
import { addWhy } from "./why.ts";

/** The commands in the controller's image. The image holds no embedded cluster, no rehearsal and no pictures. */
export const IMAGE_COMMANDS: readonly ((program: Command) => void)[] = [
  addRun,
  addPhpa,
  addDecide,
  addWhy,
  addList,
  addPause,
  addResume,
  addCheck,
  addConvert,
  addCompletion,
  addComplete,
  addOmittedCommands,
];

const OMITTED = ["demo", "simulate", "tune", "shadow", "ui", "sandbox"];
const WHERE = "Muster's npm package, or its sources (make build, then bin/muster.js)";

/** Each of them says where to get it. */
function addOmittedCommands(program: Command): void {
  for (const name of OMITTED) {
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .argument("[words...]")
      .action(() => {
        throw new UserError(`${name} is not in the controller's image: use ${WHERE}`);
      });
  }
  program.addHelpText("after", `\nNot in the controller's image: ${OMITTED.join(", ")}. Use ${WHERE}.`);
}
