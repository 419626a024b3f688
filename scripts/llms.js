// Writes llms.txt, what a language model reads first: every page with a sentence. With --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { describePage, SECTIONS } from "../site/pages.js";

const PAGE = "llms.txt";
const HEAD = `# Muster

> A Kubernetes worker autoscaler in one process: it reads queues and metric servers itself, sets the replica count of the workers that consume
> them, from zero and back, and says why. It runs practo's WorkerPodAutoScaler objects, Clarisights' PHPA files, KEDA's ScaledObjects and its own
> WorkerAutoscaler objects.
`;
const row = (path) => {
  const { title, about } = describePage(path);
  return `- [${title}](${path})${about === "" ? "" : `: ${about}`}\n`;
};
const sections = Object.entries(SECTIONS).map(([title, paths]) => `\n## ${title}\n\n${paths.map(row).join("")}`);
const text = HEAD + sections.join("");

if (!process.argv.includes("--check")) writeFileSync(PAGE, text);
else if (text !== readFileSync(PAGE, "utf8")) {
  process.stderr.write(`${PAGE} is not what the pages say: run \`make generate\`\n`);
  process.exitCode = 1;
}
