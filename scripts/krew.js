// Packs the npm package as build/krew/muster-VERSION.tgz and fills deploy/krew/muster.yaml in for it: build/krew/muster.yaml.
//   node scripts/krew.js [URL of the folder from which the archive will be downloaded]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const [base = "https://example.com/muster"] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const folder = "build/krew";
const archive = `muster-${version}.tgz`;

mkdirSync(folder, { recursive: true });
execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { stdio: "ignore" });
const values = {
  VERSION: `v${version}`,
  HOMEPAGE: base,
  URI: `${base}/${archive}`,
  SHA256: createHash("sha256")
    .update(readFileSync(`${folder}/${archive}`))
    .digest("hex"),
};
const template = readFileSync("deploy/krew/muster.yaml", "utf8").replace(/^#.*\n/gm, "");
writeFileSync(
  `${folder}/muster.yaml`,
  template.replaceAll(/\b(VERSION|HOMEPAGE|URI|SHA256)\b/g, (name) => values[name]),
);
process.stdout.write(
  `wrote ${folder}/muster.yaml; try it: kubectl krew install --manifest=${folder}/muster.yaml --archive=${folder}/${archive}\n`,
);
