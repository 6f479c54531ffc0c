/** Charts as SVG elements in the theme's colours, and as files that need no theme. */

type Attribute = string | number | null | false;
export type SvgChild = SVGElement | string | null | false;

const NAMESPACE = "http://www.w3.org/2000/svg";

/** An SVG element; text becomes a text node, so that data is never read as markup. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  children: readonly SvgChild[] = [],
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== false) made.append(child);
  return made;
}

/** A whole chart: scales with its place, has a name for who cannot see it, and a title for who keeps it. */
export function chart(
  { width, height, name }: { readonly width: number; readonly height: number; readonly name: string },
  children: readonly SvgChild[],
): SVGSVGElement {
  const drawn = svg("svg", { class: "gp-chart", viewBox: `0 0 ${width} ${height}`, role: "img" }, [
    svg("title", {}, [name]),
    ...children,
  ]);
  drawn.setAttribute("aria-label", name);
  // Larger than it was made for, a chart of few bars would fill the pane with them.
  drawn.style.maxWidth = `${Math.round(1.25 * width)}px`;
  return drawn;
}

/** A width (CSS pixels) below which a chart is scrolled in its box, for its words are to be read, and one above which it stays. */
export function fitBetween(
  drawn: SVGSVGElement,
  { least, most }: { readonly least?: number; readonly most?: number },
): void {
  if (least !== undefined) drawn.style.minWidth = `${Math.round(least)}px`;
  if (most !== undefined) drawn.style.maxWidth = `${Math.round(most)}px`;
}

/** What a stylesheet says about a shape or a text, and a file must say itself. */
const OF_SHAPES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity"] as const;
const OF_TEXTS = ["fill", "font-family", "font-size", "font-weight", "text-anchor"] as const;
const INLINED: Readonly<Record<string, readonly string[]>> = {
  text: OF_TEXTS,
  tspan: OF_TEXTS,
  rect: OF_SHAPES,
  line: OF_SHAPES,
  circle: OF_SHAPES,
  path: OF_SHAPES,
  polygon: OF_SHAPES,
  polyline: OF_SHAPES,
};

/** A chart on the screen as a file of its own: its present colours written out, on its present background. */
export function standalone(shown: SVGSVGElement): string {
  const copy = shown.cloneNode(true) as SVGSVGElement;
  const [, , width = 0, height = 0] = (shown.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const originals = [shown, ...shown.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  originals.forEach((original, index) => {
    const style = getComputedStyle(original);
    for (const property of INLINED[original.tagName] ?? []) {
      const value = style.getPropertyValue(property);
      if (value !== "") copies[index]?.setAttribute(property, value);
    }
    copies[index]?.removeAttribute("class");
    // How it lies in the pane (width, scrolled labels) is none of the file's.
    copies[index]?.removeAttribute("style");
  });
  copy.removeAttribute("style");
  copy.setAttribute("xmlns", NAMESPACE);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.insertBefore(svg("rect", { width, height, fill: backgroundBehind(shown) }), copy.firstChild);
  return `${new XMLSerializer().serializeToString(copy).replace(UNWRITABLE, "\ufffd")}\n`;
}

/** XML has no way to write these. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function backgroundBehind(shown: Element): string {
  for (let at: Element | null = shown; at !== null; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour !== "" && colour !== "transparent" && !/,\s*0\)$/.test(colour)) return colour;
  }
  return "#ffffff";
}

/** Pixels per unit: sharp in print and on dense screens. */
const PNG_SCALE = 3;

/** The same as pixels, in base64. Rejects where the browser cannot draw it. */
export async function png(shown: SVGSVGElement): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(shown))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * PNG_SCALE;
  canvas.height = image.height * PNG_SCALE;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser has no canvas");
  pen.scale(PNG_SCALE, PNG_SCALE);
  pen.drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}
