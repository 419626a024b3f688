/**
 * A positive number to a power. The same digits whatever Node it runs on: how V8 rounds `**` differs from one version to
 * another, while exp and log are those of fdlibm in all of them.
 */
export function power(base: number, exponent: number): number {
  return Math.exp(exponent * Math.log(base));
}
