import type { Command } from "commander";
import { SHELLS } from "./shared/completion-scripts.ts";
import { UserError } from "./shared/user-error.ts";
import { withExamples } from "./shared/with-examples.ts";

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
