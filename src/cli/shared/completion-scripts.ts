import type { Command, Option } from "commander";

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
export const SHELLS: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };
