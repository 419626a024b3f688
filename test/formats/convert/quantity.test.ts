import assert from "node:assert/strict";
import { test } from "node:test";
import { quantity, quantityInThousandths } from "../../../src/formats/convert/quantity.ts";

/** What Kubernetes' MilliValue gives, in thousandths. */
const MILLIS: Readonly<Record<string, number>> = {
  "0": 0,
  "10": 10_000,
  "+10": 10_000,
  "0010": 10_000,
  "-1.5": -1_500,
  "0.7": 700,
  "1.": 1_000,
  ".5": 500,
  "1.k": 1_000_000,
  "2100m": 2_100,
  "250u": 1,
  "100n": 1,
  "1000u": 1,
  "1001u": 2,
  "1.0001": 1_001,
  "1k": 1e6,
  "1M": 1e9,
  "1G": 1e12,
  "2T": 2e15,
  "3P": 3e18,
  "1E": 1e21,
  "1E3": 1e6,
  "1e3": 1e6,
  "1e+3": 1e6,
  "1e-3": 1,
  "1E-10": 1,
  "1.5e-4": 1,
  "1Ki": 1_024_000,
  "0.5Mi": 524_288_000,
  "1Gi": 2 ** 30 * 1000,
  "1Ti": 2 ** 40 * 1000,
  "1Pi": 2 ** 50 * 1000,
  "1Ei": 2 ** 60 * 1000,
  "9007199254740991": 9_007_199_254_740_991_000,
};

for (const [written, millis] of Object.entries(MILLIS)) {
  test(`reads the quantity ${written} as Kubernetes does`, () => {
    assert.equal(quantityInThousandths(written), millis / 1000);
  });
}

for (const written of [
  "",
  " 1",
  "1 ",
  "1K",
  "1mi",
  "1kk",
  "1.1.M",
  "1+1M",
  "1e",
  "1e1.5",
  "e3",
  "m",
  ".",
  "0x10",
  "5%",
]) {
  test(`refuses the quantity ${JSON.stringify(written)}`, () => {
    assert.equal(quantityInThousandths(written), undefined);
    assert.equal(quantity(written), undefined);
  });
}

test("reads numbers, and nothing else that is not text", () => {
  assert.equal(quantityInThousandths(0.7), 0.7);
  assert.equal(quantityInThousandths(1e21), 1e21);
  for (const stated of [undefined, null, true, {}, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(quantityInThousandths(stated), undefined);
  }
});

test("a share is Kubernetes' float64 of it, not the nearest one", () => {
  assert.equal(quantity("0.1"), 0.1);
  assert.equal(quantity("50m"), 0.05);
  assert.equal(quantity("0.059"), 59 * 1e-3);
  assert.equal(quantity("500u"), 500 * 1e-6);
  assert.equal(quantity("2"), 2);
});
