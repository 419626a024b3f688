import { runCommandLine } from "./cli/command-line.ts";
import { COMMANDS } from "./cli/commands.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), COMMANDS);
