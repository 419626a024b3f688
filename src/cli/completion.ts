import type { Command, Option } from "commander";
import { ownValue } from "../shared/own-value.ts";
import { UserError } from "../shared/user-error.ts";
import { withExamples } from "./shared/help.ts";
import { print } from "./shared/print.ts";

/** Commands whose argument is the name of an autoscaler of the cluster. */
const OF_AUTOSCALERS = ["why", "pause", "resume"];
/** What kubectl understands after the candidates: files may follow, or not. */
const DIRECTIVE = { files: ":0", none: ":4" };

/** `muster complete -- WORD...`: what the last word may become, as kubectl asks its plugins for it. */
export function addComplete(program: Command): void {
  program
    .command("complete", { hidden: true })
    .helpOption(false)
    .argument("[words...]")
    .action(async (words: readonly string[]) => {
      const last = words.at(-1) ?? "";
      const command = words.length > 1 ? commandsOf(program).find((one) => one.name() === words[0]) : undefined;
      const candidates = await candidatesFor(program, command, last);
      const fitting = candidates.filter((candidate) => candidate.startsWith(last));
      const takesFiles = command !== undefined && !OF_AUTOSCALERS.includes(command.name());
      print([...fitting, takesFiles ? DIRECTIVE.files : DIRECTIVE.none, ""].join("\n"));
    });
}

async function candidatesFor(program: Command, command: Command | undefined, word: string): Promise<readonly string[]> {
  if (command === undefined) {
    const described = commandsOf(program).map((one) => `${one.name()}\t${one.summary() || one.description()}`);
    return word.startsWith("-") ? flagsOf(program).split(" ") : described;
  }
  if (word.startsWith("-")) return flagsOf(command).split(" ");
  if (!OF_AUTOSCALERS.includes(command.name())) return [];
  const { namesOfAutoscalers } = await import("./shared/cluster-objects.ts");
  return namesOfAutoscalers();
}

/** `muster completion SHELL`: prints a completion script made from the commands and options themselves. */
export function addCompletion(program: Command): void {
  const command = program
    .command("completion")
    .description("print a completion script for your shell")
    .argument("<shell>", Object.keys(SHELLS).join(", "))
    .action((shell: string) => {
      const script = ownValue(SHELLS, shell);
      if (script === undefined) {
        throw new UserError(`expected a shell of ${Object.keys(SHELLS).join(", ")}, got ${shell}`);
      }
      process.stdout.write(script(program));
    });
  withExamples(command, {
    "bash, for this session": "source <(muster completion bash)",
    "zsh, for good": 'muster completion zsh > "$' + '{fpath[1]}/_muster"',
    "fish, for good": "muster completion fish > ~/.config/fish/completions/muster.fish",
  });
}

const optionsOf = (command: Command): readonly Option[] => command.createHelp().visibleOptions(command);
const commandsOf = (program: Command): readonly Command[] => program.createHelp().visibleCommands(program);
const flagsOf = (command: Command): string =>
  optionsOf(command)
    .flatMap((option) => [option.short, option.long])
    .filter((flag) => flag !== undefined)
    .join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(program: Command): string {
  const cases = commandsOf(program).map((command) => `    ${command.name()}) words="${flagsOf(command)}" ;;`);
  const names = commandsOf(program).map((command) => command.name());
  return `_muster() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [[ $COMP_CWORD -eq 1 ]]; then words="${[...names, flagsOf(program)].join(" ")}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _muster muster
`;
}

function zsh(program: Command): string {
  const described = commandsOf(program).map((command) => quoted(`${command.name()}:${command.description()}`));
  const cases = commandsOf(program).map(
    (command) => `    ${command.name()}) compadd -- ${flagsOf(command)}; _files ;;`,
  );
  return `#compdef muster
_muster() {
  local -a commands=(${described.join(" ")})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases.join("\n")}
  esac
}
if [[ "$funcstack[1]" == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
`;
}

function fish(program: Command): string {
  const lines = commandsOf(program).flatMap((command) => [
    `complete -c muster -n __fish_use_subcommand -f -a ${command.name()} -d ${quoted(command.description())}`,
    ...optionsOf(command).map((option) =>
      [
        `complete -c muster -n '__fish_seen_subcommand_from ${command.name()}'`,
        option.short === undefined ? "" : `-s ${option.short.slice(1)}`,
        option.long === undefined ? "" : `-l ${option.long.slice(2)}`,
        option.required ? "-r" : "",
        `-d ${quoted(option.description)}`,
      ]
        .filter(Boolean)
        .join(" "),
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

/** By shell: a completion script for the program's present commands and options. */
const SHELLS: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };
