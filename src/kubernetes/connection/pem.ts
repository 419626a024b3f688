/** PEM text out of a kubeconfig's base64 field. `what` names field and file for the error; the value is never shown. */
export function pemFromBase64(data: string, what: string): string {
  return checkedPem(Buffer.from(data, "base64").toString("utf8"), what);
}

/** The text, if it can be PEM at all. */
export function checkedPem(text: string, what: string): string {
  if (!text.includes("-----BEGIN ")) throw new Error(`expected PEM in ${what}, got something else`);
  return text;
}
