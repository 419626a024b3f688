import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { Browser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { eventfulHour, type FleetWorld, fleetWorld } from "../support/fleet-world.ts";
import { assertPrintable, HOSTILE } from "../support/hostile-text.ts";
import { requirement } from "../support/requirement.ts";

const CHROMIUM = requirement("chromium", "apt-get install chromium");
const OPTIONS = { skip: CHROMIUM.skip, timeout: 60_000 };
/** SCREENSHOTS=1 renews the pictures of docs/live-page.md. */
const RENEWS = process.env.SCREENSHOTS === "1";

const KEPT = new Set([
  ...["live-fleet-1440-light.png", "live-fleet-390-dark.png"],
  ...["live-detail-1440-dark.png", "live-detail-390-light.png"],
]);

type Shows = (expression: string, expected: RegExp) => Promise<void>;

/** Opens the page, and checks that it asked its own server alone and went without errors. */
async function onPage(world: FleetWorld, look: (browser: Browser, shows: Shows) => Promise<void>): Promise<void> {
  const browser = await Browser.start(CHROMIUM.path ?? "");
  try {
    await browser.emulate(1440, 900, "light");
    await browser.open(`${world.url}/`);
    await look(browser, (expression, expected) =>
      eventually(
        async () => expected.test(String(await browser.evaluate(expression))),
        `${expression} shows ${expected}`,
      ),
    );
    assert.deepEqual(
      browser.requests.filter((url) => !url.startsWith(`${world.url}/`)),
      [],
    );
    assert.deepEqual(browser.errors, []);
  } finally {
    await browser.close();
    await world.close();
  }
}

const ROWS = "document.querySelectorAll('.fleet tbody tr').length";
const STATES =
  "[...document.querySelectorAll('.fleet tbody tr')].map((row) => [...row.cells].slice(0, 2).map((cell) => cell.textContent).join(' ')).join()";
const rowOf = (name: string) =>
  `[...document.querySelectorAll('.fleet tbody tr')].find((row) => row.textContent.includes('${name}'))?.textContent`;
const CONNECTION = "document.querySelector('.connection').textContent";
const TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
const goTo = (id: string) => `void (location.hash = "#/" + encodeURIComponent(${JSON.stringify(id)}))`;

test(
  "shows the fleet with those in trouble first, and one autoscaler with its charts and numbers",
  OPTIONS,
  async () => {
    const world = await fleetWorld();
    await eventfulHour(world);
    await onPage(world, async (browser, shows) => {
      await shows(ROWS, /^7$/);
      const order =
        /^\? unreadablefor 1[56] min .*search-index,▲ at max.*checkout-mail,▲ at maxfor 58 min .*invoices,○ dry run .*webhooks,❙❙ paused/;
      await shows(STATES, order);
      await shows(rowOf("invoices"), /10 of 10.*10 min.*maxReplicas is 10, and the signals ask for 11/);
      // The line of one that did not change begins with the hour.
      const line = "document.querySelectorAll('.fleet tbody tr')[5].querySelector('.spark path').getAttribute('d')";
      await shows(line, /^M0\.0 19\.0/);
      await shows("document.querySelector('.totals').textContent", /7 autoscalers1 in trouble2 at max/);
      await takePictures(browser, "fleet");

      await browser.evaluate(goTo("WorkerPodAutoScaler/shop/invoices"));
      await shows("document.querySelectorAll('canvas').length", /^2$/);
      await shows("document.querySelector('.legend').textContent", /bounds/i);
      await shows(
        "document.querySelector('aside').textContent",
        /queue ok.*In flight10.*What would change the answer.*Conditions/,
      );
      await takePictures(browser, "detail");

      // Every chart has its numbers, and every decision its steps.
      await browser.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })");
      await shows("document.querySelectorAll('.numbers thead').length", /^3$/);
      await shows("document.querySelector('.numbers tbody').textContent", /1,132/);
      await shows(
        "document.querySelector('.decisions').textContent",
        /Scaled 8 → 10: .*RuleFromToBecause.*messages at 10 per worker/,
      );
    });
  },
);

/** Each page at each width fits it. */
async function takePictures(browser: Browser, page: string): Promise<void> {
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
    [390, 844],
  ] as const) {
    for (const scheme of ["light", "dark"] as const) {
      await browser.emulate(width, height, scheme);
      // Until it is laid out and drawn anew.
      await browser.evaluate("new Promise((done) => setTimeout(done, 250))");
      assert.equal(await browser.evaluate(TOO_WIDE), 0, `${page} at ${width} pixels`);
      const file = `live-${page}-${width}-${scheme}.png`;
      if (RENEWS && KEPT.has(file)) writeFileSync(`docs/images/${file}`, await browser.screenshot());
    }
  }
  await browser.emulate(1440, 900, "light");
}

test("follows what happens, also after the controller restarted", OPTIONS, async () => {
  const world = await fleetWorld();
  world.add("mail", 2, 20);
  world.add("other", 1, 10);
  await world.clock.advance(1_000);
  await onPage(world, async (_, shows) => {
    await shows(rowOf("mail"), /2 of 10.*20/);
    world.queue("mail").answer = { value: 70, waiting: 70 };
    await world.clock.advance(30_000);
    await shows(rowOf("mail"), /7 of 10.*70.*2 → 7/);

    await world.restart(async () => {
      await shows(CONNECTION, /No connection/);
      world.controller.forget("WorkerPodAutoScaler/shop/other");
      world.queue("mail").answer = { value: 90, waiting: 90 };
      await world.clock.advance(30_000);
    });
    await shows(CONNECTION, /^Live$/);
    await shows(rowOf("mail"), /9 of 10.*90/);
    await shows(ROWS, /^1$/);
  });
});

test("shows a thousand autoscalers a hundred at a time, filters them, and is worked by keyboard", OPTIONS, async () => {
  const world = await fleetWorld();
  for (let number = 0; number < 1_000; number += 1) world.add(`queue-${number}`, 1, number % 20);
  await world.clock.advance(2_000);
  await onPage(world, async (browser, shows) => {
    await shows("document.querySelector('.totals').textContent", /^1,000 autoscalers/);
    await shows(ROWS, /^100$/);
    await shows("document.querySelector('main > button').textContent", /^Show more \(900 left\)$/);
    assert.equal(await browser.evaluate("document.querySelector('table').getAttribute('aria-rowcount')"), "1001");

    await browser.evaluate(
      "(() => { const box = document.querySelector('input'); box.value = 'queue-77'; box.dispatchEvent(new Event('input', { bubbles: true })); box.focus(); })()",
    );
    await shows(ROWS, /^11$/);
    await shows("document.querySelector('output').textContent", /^11 of 1,000$/);
    // Past the three lists, to the first row.
    for (let count = 0; count < 4; count += 1) await browser.press("Tab");
    assert.match(String(await browser.evaluate("document.activeElement.textContent")), /^shop\/queue-77/);
    await browser.press("Enter");
    await shows("document.activeElement.tagName + document.activeElement.textContent", /^H1shop\/queue-77/);
    await shows("document.querySelectorAll('canvas').length", /^2$/);
  });
});

test("hostile names and messages stay text", OPTIONS, async () => {
  const world = await fleetWorld();
  const name = `<img src=x onerror=alert(1)>${HOSTILE}`;
  const message = `${HOSTILE}<script>alert(1)</script>${"x".repeat(10_000)}`;
  world.add("hostile", 1, 10, {
    ...{
      id: `WorkerPodAutoScaler/shop/${name}`,
      target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "hostile" },
    },
    origin: { kind: "WorkerPodAutoScaler", namespace: "shop", name, uid: "uid", generation: 1, createdAt: 1_000 },
  });
  world.add("long", 1, 10);
  await world.clock.advance(1_000);
  for (const queue of ["hostile", "long"]) world.queue(queue).answer = new SourceError("Unavailable", message);
  await world.clock.advance(60_000);
  await onPage(world, async (browser, shows) => {
    await shows(STATES, /unreadable.* shop.<img src=x onerror=alert\(1\)>.*unreadable.* shop.long/s);
    assert.equal(await browser.evaluate("document.querySelectorAll('img, script:not([src])').length"), 0);
    const text = String(await browser.evaluate("document.body.innerText"));
    assertPrintable(text.replaceAll("\t", ""));
    assert.ok(text.length < 5_000, `${text.length} characters of the fleet`);
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await browser.emulate(width, height, "dark");
      assert.equal(await browser.evaluate(TOO_WIDE), 0);
    }
    await browser.evaluate("document.querySelector('.fleet a').click()");
    await shows("document.querySelector('aside')?.textContent", /<script>alert\(1\)<\/script>x{200}/);
    assertPrintable(String(await browser.evaluate("document.body.innerText")).replaceAll("\t", ""));
    assert.equal(await browser.evaluate(TOO_WIDE), 0);
    await browser.evaluate("void (location.hash = '#/%')");
    await shows("document.querySelector('h1').textContent", /%/);
    assert.deepEqual(browser.errors, []);
  });
});
