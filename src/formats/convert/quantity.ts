/** Powers of ten. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
/** Powers of two. */
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const WRITTEN = /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?\d+)?$/;

/** Kubernetes keeps nothing finer than this many digits after the point. */
const DIGITS = 9;
/** No number of a larger exponent can be meant; a smaller one is rounded up in any case. */
const LARGEST_EXPONENT = 100;

/**
 * A Kubernetes quantity, such as "500m", "1.5", "1k", "3P", "1E3" and "2Gi", as a whole number of billionths; undefined
 * where it is none. What is finer than that is rounded away from zero, as Kubernetes does.
 */
function billionths(written: string): bigint | undefined {
  const [whole, sign, digits = "", fraction = "", suffix = ""] = WRITTEN.exec(written) ?? [];
  if (whole === undefined || digits + fraction === "") return undefined;
  const exponent = DECIMAL[suffix] ?? (suffix in BINARY ? 0 : Number(suffix.slice(1)));
  if (exponent > LARGEST_EXPONENT) return undefined;
  const unscaled = BigInt(digits + fraction) << BigInt(BINARY[suffix] ?? 0);
  const scale = DIGITS + Math.max(exponent, -LARGEST_EXPONENT) - fraction.length;
  const size = scale >= 0 ? unscaled * 10n ** BigInt(scale) : dividedUp(unscaled, 10n ** BigInt(-scale));
  return sign === "-" ? -size : size;
}

function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return dividend > 0n ? (dividend + divisor - 1n) / divisor : dividend / divisor;
}

/** What a YAML or JSON document states: text, or a number. */
function textOf(stated: unknown): string {
  return typeof stated === "string" || typeof stated === "number" ? String(stated) : "";
}

/** The value of a quantity as Kubernetes' AsApproximateFloat64 gives it of the stored form; undefined where it is none. */
export function quantity(stated: unknown): number | undefined {
  let mantissa = billionths(textOf(stated));
  if (mantissa === undefined) return undefined;
  let exponent = -DIGITS;
  while (exponent < 0 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  return Number(mantissa) * Number(`1e${exponent}`);
}

/** The value of a quantity where HPA uses whole thousandths, rounded up. */
export function quantityInThousandths(stated: unknown): number | undefined {
  const parsed = billionths(textOf(stated));
  return parsed === undefined ? undefined : Number(`${dividedUp(parsed, 1_000_000n)}e-3`);
}
