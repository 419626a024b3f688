import { runCommandLine } from "./cli/command-line.ts";
import { IMAGE_COMMANDS } from "./cli/image-commands.ts";

// The program of the controller's image; main.ts is the whole one.
process.exitCode = await runCommandLine(process.argv.slice(2), IMAGE_COMMANDS);
