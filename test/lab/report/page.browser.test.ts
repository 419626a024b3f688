import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { runMuster } from "../../support/muster.ts";
import { requirement } from "../../support/requirement.ts";
import { shadowedWorld } from "../../support/shadowed-world.ts";

const CHROMIUM = requirement("chromium", "apt-get install chromium");
const folder = mkdtempSync(join(tmpdir(), "muster-report-"));
after(() => rmSync(folder, { recursive: true }));

/** Opens a page that a command wrote, looks at it, and checks that it asked for nothing else and went without errors. */
async function inBrowser(
  words: readonly string[],
  look: (browser: Browser, shows: Shows) => Promise<void>,
): Promise<void> {
  const file = join(folder, `${words[0]}-${words.length}.html`);
  const { status, stderr } = await runMuster([...words, "--report", file]);
  assert.equal(status, 0, stderr);
  const browser = await Browser.start(CHROMIUM.path ?? "");
  try {
    const address = pathToFileURL(file).href;
    await browser.open(address);
    await look(browser, (expression, expected) =>
      eventually(
        async () => expected.test(String(await browser.evaluate(expression))),
        `${expression} shows ${expected}`,
      ),
    );
    assert.deepEqual(
      browser.requests.filter((url) => url !== address),
      [],
    );
    assert.deepEqual(browser.errors, []);
  } finally {
    await browser.close();
  }
}

type Shows = (expression: string, expected: RegExp) => Promise<void>;

const CHARTS = "document.querySelectorAll('canvas').length";
const REASON = "document.getElementById('reason').textContent";
const DOTS = "document.querySelectorAll('.scatter circle').length";
const WPA = ["-f", "examples/worker-pod-autoscaler.yaml"];
const FLASH = ["--traffic", "flash-crowd:peak=300,for=2h", "--service", "2s"];

/** Points at the second chart, so far from its left. */
async function point(browser: Browser, share: number): Promise<void> {
  const box = "document.querySelectorAll('.u-over')[1].getBoundingClientRect()";
  const x = Number(await browser.evaluate(`${box}.x + ${box}.width * ${share}`));
  await browser.moveMouse(x, Number(await browser.evaluate(`${box}.y + 40`)));
}

test("the page of a rehearsal works in a browser, with no network", { skip: CHROMIUM.skip }, async () => {
  const words = ["simulate", ...WPA, "examples/worker-autoscaler.yaml", ...FLASH];
  await inBrowser(words, async (browser, shows) => {
    await shows(CHARTS, /^4$/);
    const rows = "[...document.querySelectorAll('.table tbody tr')].map((row) => row.cells[0].textContent).join()";
    assert.equal(await browser.evaluate(rows), "example-wpa,newsletter");
    assert.equal(await browser.evaluate(DOTS), 2);

    // What is pointed at in one chart is pointed at in all, and the decision in force then is told.
    await point(browser, 0.4);
    await shows(REASON, /^example-wpa, 2026-01-05 00:\d\d:\d\d: \d+ .*(messages|scaling)/);
    const times = "[...document.querySelectorAll('.u-legend tr:first-child .u-value')].map((cell) => cell.textContent)";
    await shows(`[new Set(${times}).size, ${times}.length, ${times}.includes("--")].join()`, /^1,4,false$/);

    await browser.evaluate(
      "(() => { const list = document.getElementById('policy'); list.value = '1'; list.dispatchEvent(new Event('change')); })()",
    );
    await shows("document.getElementById('charts').textContent", /Replicas of newsletter/);
  });
});

test("the page's charts are as long as the longest run", { skip: CHROMIUM.skip }, async () => {
  const [quick, slow] = [20, 1].map((maxReplicas) => {
    const file = join(folder, `at-most-${maxReplicas}.yaml`);
    const spec = {
      ...{ minReplicas: 1, maxReplicas, targetMessagesPerWorker: 1, deploymentName: "mail" },
      queueURI: "beanstalk://queues:11300/mail",
    };
    const metadata = { name: `at-most-${maxReplicas}` };
    writeFileSync(
      file,
      JSON.stringify({ apiVersion: "k8s.practo.dev/v1", kind: "WorkerPodAutoScaler", metadata, spec }),
    );
    return file;
  }) as [string, string];
  // An hour's work for one worker comes in 20 minutes: the slow one is at work for 40 more.
  const words = ["simulate", "-f", quick, slow, "--traffic", "steady:rate=90,for=20m", "--service", "2s"];
  await inBrowser(words, async (browser, shows) => {
    await shows(CHARTS, /^4$/);
    await point(browser, 0.95);
    await shows("document.querySelectorAll('.u-legend')[1].textContent", /2026-01-05 00:5\d:\d\d.*at-most-1[1-9]\d*$/);
  });
});

test("the page of a large sweep has all its points, and charts of those on the frontier", {
  skip: CHROMIUM.skip,
}, async () => {
  const words = ["simulate", ...WPA, ...FLASH, "--sweep", "spec.targetMessagesPerWorker=5..100/5", "--runs", "2"];
  await inBrowser(words, async (browser, shows) => {
    await shows(CHARTS, /^4$/);
    assert.equal(await browser.evaluate(DOTS), 20);
    assert.match(
      String(await browser.evaluate("document.body.textContent")),
      /Over time, [2-8] of 20, the first run of each/,
    );
    const charted = "[...document.querySelectorAll('.scatter .charted')]";
    const count = Number(await browser.evaluate(`${charted}.length`));
    assert.ok(count >= 2 && count <= 8, `${count} have charts`);
    assert.equal(await browser.evaluate("document.getElementById('policy').options.length"), count);
    // Whoever clicks at a point sees its course.
    const last = await browser.evaluate(
      `(() => { const dot = ${charted}.at(-1); dot.dispatchEvent(new Event("click")); return dot.dataset.policy; })()`,
    );
    await shows("document.getElementById('charts').textContent", new RegExp(`Replicas of ${last}`));
    await point(browser, 0.4);
    await shows(REASON, new RegExp(`^${last}, 2026`));
  });
});

test("the page of a search has the tried, best and present settings", {
  skip: CHROMIUM.skip,
}, async () => {
  const words = ["tune", ...WPA, ...FLASH, "--runs", "2", "--tries", "12", "--objective", "5m"];
  await inBrowser(words, async (browser, shows) => {
    await shows(CHARTS, /^4$/);
    assert.ok(Number(await browser.evaluate(DOTS)) >= 12);
    const text = String(await browser.evaluate("document.body.textContent"));
    assert.match(text, /^\s*Tuning example-wpa: flash-crowd/);
    assert.match(text, /Best: .*Checked on .*It holds/s);
    assert.match(
      String(await browser.evaluate("document.querySelector('.scatter').textContent")),
      /best: .*objective|objective.*best: /,
    );
    await shows("document.getElementById('policy').options[0].textContent", /^as it is$/);
  });
});

test("the page of a shadow has both sides, their backlogs, and the reasons for wanted replicas", {
  skip: CHROMIUM.skip,
}, async () => {
  const journal = join(folder, "journal.jsonl");
  const world = { traffic: "flash-crowd:base=30,peak=300,for=2h", serviceSeconds: 2, other: () => 4 };
  const { entries } = shadowedWorld(world);
  writeFileSync(journal, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  const words = ["shadow", "shop/sms-sender", "--journal", journal, "--service-time", "2s", ...WPA];
  await inBrowser(words, async (browser, shows) => {
    await shows(CHARTS, /^3$/);
    const options = "[...document.getElementById('policy').options].map((option) => option.textContent).join()";
    assert.equal(await browser.evaluate(options), "wanted,~example-wpa");
    const text = String(await browser.evaluate("document.body.textContent"));
    assert.match(text, /Shadow of WorkerPodAutoScaler\/shop\/sms-sender/);
    assert.match(text, /Greatest differences.*messages at 10 per worker need/s);
    const widths =
      "[...document.querySelectorAll('.table')].map((table) => new Set([...table.querySelectorAll('tr')].map((row) => row.cells.length)).size).join()";
    assert.equal(await browser.evaluate(widths), "1,1");
    const peak = "[...document.querySelectorAll('.table')][1].querySelector('tbody tr').cells[6].textContent";
    assert.match(String(await browser.evaluate(peak)), /messages at 10 per worker need/);
    const legends = "[...document.querySelectorAll('.u-legend')].map((legend) => legend.textContent).join(' | ')";
    await shows(legends, /actual.*~example-wpa.* \| .*actual.*wanted.*~example-wpa/);
    await point(browser, 0.35);
    await shows(REASON, /^wanted, 2024-06-01 12:\d\d:\d\d: \d+ → \d+ \(\w+\)/);
  });
});

test("the page of recorded values shows them against their band, and each decision's reason", {
  skip: CHROMIUM.skip,
}, async () => {
  const rows = Array.from({ length: 240 }, (_, minute) => `${minute * 60},${minute < 120 ? 1_700_000 : ""}`);
  const values = join(folder, "lag.csv");
  writeFileSync(values, `time,lag\n${rows.join("\n")}\n`);
  await inBrowser(["simulate", "-f", "examples/phpa.yaml", "--values", values], async (browser, shows) => {
    await shows(CHARTS, /^2$/);
    await shows("document.querySelectorAll('.u-title')[0].textContent", /^metric, as precomputation-consumer sees it$/);
    await point(browser, 0.25);
    await shows(REASON, /metric is 1700000, above 1600000/);
    await point(browser, 0.9);
    await shows(REASON, /nothing was recorded for this time/);
  });
});
