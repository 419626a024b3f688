import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { runMuster } from "../../support/muster.ts";
import { requirement } from "../../support/requirement.ts";

const CHROMIUM = requirement("chromium", "apt-get install chromium");
const folder = mkdtempSync(join(tmpdir(), "muster-report-"));
after(() => rmSync(folder, { recursive: true }));

test("the page of a rehearsal works in a browser, with no network", { skip: CHROMIUM.skip }, async () => {
  const file = join(folder, "report.html");
  const policies = ["examples/worker-pod-autoscaler.yaml", "examples/worker-autoscaler.yaml"];
  const traffic = ["--traffic", "flash-crowd:peak=300,for=2h", "--service", "2s"];
  const { status, stderr } = await runMuster(["simulate", "-f", ...policies, ...traffic, "--report", file]);
  assert.equal(status, 0, stderr);
  const browser = await Browser.start(CHROMIUM.path ?? "");
  try {
    const address = pathToFileURL(file).href;
    await browser.open(address);
    const shows = (expression: string, expected: RegExp) =>
      eventually(
        async () => expected.test(String(await browser.evaluate(expression))),
        `${expression} shows ${expected}`,
      );
    await shows("document.querySelectorAll('canvas').length", /^4$/);
    const rows = "[...document.querySelectorAll('.table tbody tr')].map((row) => row.cells[0].textContent).join()";
    assert.equal(await browser.evaluate(rows), "example-wpa,newsletter");
    assert.equal(await browser.evaluate("document.querySelectorAll('.scatter circle').length"), 2);

    // What is pointed at in one chart is pointed at in all, and the decision in force then is told.
    const box = "document.querySelectorAll('.u-over')[1].getBoundingClientRect()";
    const x = Number(await browser.evaluate(`${box}.x + ${box}.width * 0.4`));
    await browser.moveMouse(x, Number(await browser.evaluate(`${box}.y + 40`)));
    const reason = "document.getElementById('reason').textContent";
    await shows(reason, /^example-wpa, 2026-01-05 00:\d\d:\d\d: \d+ .*(messages|scaling)/);
    const times = "[...document.querySelectorAll('.u-legend tr:first-child .u-value')].map((cell) => cell.textContent)";
    await shows(`[new Set(${times}).size, ${times}.length, ${times}.includes("--")].join()`, /^1,4,false$/);

    await browser.evaluate(
      "(() => { const list = document.getElementById('policy'); list.value = '1'; list.dispatchEvent(new Event('change')); })()",
    );
    await shows("document.getElementById('charts').textContent", /Replicas of newsletter/);
    assert.deepEqual(
      browser.requests.filter((url) => url !== address),
      [],
    );
    assert.deepEqual(browser.errors, []);
  } finally {
    await browser.close();
  }
});
