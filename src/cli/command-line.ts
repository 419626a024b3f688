import { Command, CommanderError } from "commander";
import { readVersion } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import { HELP_LAYOUT, PROGRAM, withExamples } from "./shared/help.ts";
import { print, printError } from "./shared/print.ts";

/** Adds one command to the command line. */
type AddCommand = (program: Command) => void;

/** Commander's own errors repeat what was written, too. */
const OUTPUT = { writeOut: print, writeErr: printError };

/** The command line with these commands. */
export function createProgram(commands: readonly AddCommand[]): Command {
  const program = new Command(PROGRAM)
    .description("Scale Kubernetes workers on the work that waits for them: from zero and back, and always say why.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("(add --help for what can be written here)")
    .configureHelp(HELP_LAYOUT)
    .configureOutput(OUTPUT)
    .exitOverride();
  for (const add of commands) add(program);
  for (const command of program.commands) {
    command.configureOutput(OUTPUT).exitOverride().showHelpAfterError("(add --help for what can be written here)");
  }
  return withExamples(program, {
    "what one command does, with examples": "muster decide --help",
  });
}

/**
 * Runs one command line and returns its exit status: what the command set, else 0; 2 for a user's mistake (said on
 * standard error); 1 for a fault of the world or of Muster.
 */
export async function runCommandLine(words: readonly string[], commands: readonly AddCommand[]): Promise<number> {
  process.stdout.on("error", endQuietlyOnClosedPipe);
  try {
    await createProgram(commands).parseAsync([...words], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    printError(`muster: ${error.message}\n`);
    return 2;
  }
  const shown = error instanceof Error ? error : new Error(String(error));
  const detail = process.env.MUSTER_DEBUG ? shown.stack : `${shown.message} (MUSTER_DEBUG=1 shows where)`;
  printError(`muster: unexpected error: ${detail}\n`);
  return 1;
}

/** `muster decide | head` is no error. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}
