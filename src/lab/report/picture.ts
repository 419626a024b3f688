import { PANEL, type Panel, panelSvg } from "./panel.ts";

const STYLE =
  "text{font:12px 'DejaVu Sans',system-ui,sans-serif;fill:#374151}.title{font-weight:600;fill:#111827}.x{text-anchor:middle}.y{text-anchor:end}.grid{stroke:#e5e7eb}";

/** Panels below one another, all of them as long as the longest one, as a whole SVG document. */
export function picture(panels: readonly Panel[]): string {
  const end = panels.reduce((latest, { at }) => Math.max(latest, at.at(-1) ?? 0), 1);
  const drawn = panels.map((panel, index) => panelSvg(panel, index * PANEL.height, end));
  return svgDocument(PANEL.width, panels.length * PANEL.height + 10, drawn.join("\n"));
}

/** A whole SVG document, on white. */
export function svgDocument(width: number, height: number, content: string, style = STYLE): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${style}</style>
<rect width="100%" height="100%" fill="#fff"/>
${content}
</svg>
`;
}
