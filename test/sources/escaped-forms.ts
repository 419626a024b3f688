/** The forms in which a server may repeat a text that it was sent. */
export function escapedForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const bytes = Buffer.from(text);
  const html = text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const named: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#x27;",
  };
  return [
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    json.replaceAll("/", "\\/"),
    json.replace(/[^\x20-\x7e]|[<>&'"]/g, (character) =>
      character === '"' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
    encodeURIComponent(text),
    encodeURIComponent(text).toLowerCase() === encodeURIComponent(text) ? text : percentLower(text),
    encodeURIComponent(encodeURIComponent(text)),
    new URLSearchParams([["", text]]).toString().slice(1),
    html,
    text.replace(/[&<>"']/g, (character) => named[character] ?? character),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}

function percentLower(text: string): string {
  return encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
}
