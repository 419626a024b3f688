import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { asPng } from "../../../src/cli/shared/pictures.ts";
import { runMuster } from "../../support/muster.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-pictures-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const WPA = "examples/worker-pod-autoscaler.yaml";
const SHORT = ["--traffic", "step:before=10,after=100,for=1h", "--service", "2s"];
const simulate = (...words: string[]) => runMuster(["simulate", "-f", WPA, ...SHORT, ...words]);

/** A PNG file's width and height. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  assert.equal(view.getUint32(0), 0x89504e47, "begins as a PNG file");
  return [view.getUint32(16), view.getUint32(20)];
}

test("the picture, its pixels and the page are written to files", async () => {
  const [svg, png, page] = [file("chart.svg"), file("chart.png"), file("page.html")];
  const { status, stderr } = await simulate("--svg", svg, "--png", png, "--report", page);
  assert.equal(status, 0, stderr);
  const drawn = readFileSync(svg, "utf8");
  assert.match(drawn, /^<svg .*example-wpa: replicas.*<\/svg>\n$/s);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(drawn) ?? [];
  assert.deepEqual(sizeOf(readFileSync(png)), [2 * Number(width), 2 * Number(height)]);
  assert.match(readFileSync(page, "utf8"), /^<!doctype html>.*uPlot/s);
});

test("words are drawn whatever fonts the machine has, and the same picture is the same bytes", async () => {
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><style>text{font:12px 'DejaVu Sans',system-ui,sans-serif}</style><text x="5" y="20">${text}</text></svg>`;
  const words = await asPng(svg("worker-hours, очередь, ±"));
  assert.deepEqual(await asPng(svg("worker-hours, очередь, ±")), words);
  const blank = await asPng(svg(""));
  assert.ok(words.length > 4 * blank.length, `${words.length} bytes with words, ${blank.length} without`);
});

test("a file that cannot be written is told before anything is played", async () => {
  for (const flag of ["--svg", "--png", "--report"]) {
    const { status, stdout, stderr } = await simulate(flag, file("no/where"));
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, new RegExp(`${flag}: .*where cannot be written: ENOENT`));
    const onFolder = await simulate(flag, dirname(file("any")));
    assert.equal(onFolder.stdout, "");
    assert.match(onFolder.stderr, new RegExp(`${flag}: expected a file, got the folder`));
  }
});

test("a disk that is full takes the picture, not the table", { skip: !existsSync("/dev/full") }, async () => {
  const { status, stdout, stderr } = await simulate("--svg", "/dev/full");
  assert.equal(status, 2);
  assert.match(stderr, /--svg: \/dev\/full cannot be written: ENOSPC, no space is left on the device/);
  assert.match(stdout, /^example-wpa /m);
});

test("of a large sweep the picture is cost against wait", async () => {
  const svg = file("sweep.svg");
  const { status, stderr } = await simulate("--sweep", "spec.targetMessagesPerWorker=10..150/10", "--svg", svg);
  assert.equal(status, 0, stderr);
  const drawn = readFileSync(svg, "utf8");
  assert.equal(drawn.match(/<circle/g)?.length, 15);
  assert.match(drawn, /<polyline/);
});
