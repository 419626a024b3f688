import type { Command, Option } from "commander";
import { UserError } from "../shared/user-error.ts";
import { withExamples } from "./shared/help.ts";

/** `muster completion SHELL`: prints a completion script made from the commands and options themselves. */
export function addCompletion(program: Command): void {
  const command = program
    .command("completion")
    .description("print a completion script for your shell")
    .argument("<shell>", Object.keys(SHELLS).join(", "))
    .action((shell: string) => {
      const script = SHELLS[shell];
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
