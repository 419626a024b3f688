import type { Command } from "commander";

/** Ends a command's help with examples: what to type, and what it does. */
export function withExamples(command: Command, examples: Readonly<Record<string, string>>): Command {
  const lines = Object.entries(examples).map(([about, line]) => `  # ${about}\n  ${line.replaceAll("\n", "\n  ")}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n\n")}`);
}
