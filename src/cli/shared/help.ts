import { type Command, Help, type Option } from "commander";

/** What the program is called: "muster", or "kubectl muster" as a plugin. */
export const PROGRAM = process.env.MUSTER_PROGRAM ?? "muster";

/** Longer options stand on a line of their own: one of them would else press all descriptions to the right edge. */
const WIDEST_TERM = 32;
const STANDARD = Help.prototype;

/** How `--help` is set: descriptions wrap in their column, however narrow the terminal and however long an option. */
export const HELP_LAYOUT = {
  padWidth: (command: Command, help: Help): number =>
    Math.min(WIDEST_TERM, STANDARD.padWidth.call(help, command, help)),
  /** Lines end where a sentence does, and else where the terminal does. */
  commandDescription: (command: Command): string => command.description().replace(/([^.])\n/g, "$1 "),
  /** That nothing is given when nothing is given need not be said. */
  optionDescription: (option: Option): string => STANDARD.optionDescription(option).replace(" (default: [])", ""),
  formatItem(term: string, width: number, description: string, help: Help): string {
    const item = (name: string) => STANDARD.formatItem.call(help, name, width, description.replace(/\n */g, " "), help);
    return help.displayWidth(term) <= width ? item(term) : `  ${term}\n${item("")}`;
  },
};

/** Ends a command's help with examples: what to type, and what it does. */
export function withExamples(command: Command, examples: Readonly<Record<string, string>>): Command {
  const typed = (line: string) => line.replaceAll(/(^|\n|\| )muster /g, `$1${PROGRAM} `).replaceAll("\n", "\n  ");
  const lines = Object.entries(examples).map(([about, line]) => `  # ${about}\n  ${typed(line)}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n\n")}`);
}
