import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { createProgram } from "../../src/cli/command-line.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { printableLines } from "../../src/core/index.ts";
import { runMuster } from "../support/muster.ts";

/** Those for people: kubectl asks another one what may follow a word. */
const names = () => {
  const program = createProgram(COMMANDS);
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name())
    .filter((name) => name !== "help");
};

test("help lists every command and ends with an example", async () => {
  const { status, stdout } = await runMuster(["--help"]);
  assert.equal(status, 0);
  for (const name of names()) assert.match(stdout, new RegExp(`^  ${name}\\b`, "m"));
  assert.match(stdout, /Examples:/);
});

test("every command's options and descriptions fit into 80 columns where there is no terminal", async () => {
  for (const name of ["run", "simulate", "tune", "shadow", "why", "check"]) {
    const { stdout } = await runMuster([name, "--help"]);
    const [options = ""] = stdout.split("\nExamples:");
    assert.deepEqual(
      options.split("\n").filter((line) => line.length > 80 && line.trim().includes(" ")),
      [],
    );
    assert.doesNotMatch(options, /default: \[\]/);
  }
});

test("every command's help has examples", async () => {
  for (const name of names()) {
    const { status, stdout } = await runMuster([name, "--help"]);
    assert.equal(status, 0, name);
    assert.match(stdout, /Examples:\n/, name);
  }
});

test("the version is package.json's", async () => {
  const { status, stdout } = await runMuster(["--version"]);
  assert.equal(status, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("an unknown command or option is the user's mistake: exit status 2, a hint, no stack trace", async () => {
  for (const words of [["decied"], ["completion", "--nonsense"], ["completion", "tcsh"], ["completion"]]) {
    const { status, stderr } = await runMuster(words);
    assert.equal(status, 2, words.join(" "));
    assert.match(stderr, /\S/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

test("what was written on the command line is escaped where an error repeats it", async () => {
  for (const words of [["de\u001b[2J"], ["check", "--\u202ex"], ["check", "-o", "\u001b[31m", "-"]]) {
    const { status, stderr } = await runMuster(words);
    assert.equal(status, 2);
    assert.match(stderr, /\\u001b|\\u202e/);
    assert.equal(printableLines(stderr), stderr);
  }
});

test("each completion script names the commands, and bash accepts its own", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = await runMuster(["completion", shell]);
    assert.equal(status, 0);
    assert.match(stdout, /completion/);
    if (shell !== "bash") continue;
    const script = `${stdout}\nCOMP_WORDS=(muster comp); COMP_CWORD=1; _muster; echo "\${COMPREPLY[@]}"`;
    const checked = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.equal(checked.stderr, "");
    assert.match(checked.stdout, /completion/);
  }
});
