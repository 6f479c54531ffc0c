/** The theme's colours as numbers, for canvases: those have no stylesheet. */
import type { Rgb } from "../palette.js";
import { element } from "./element.js";

/** A colour that may be see-through: channels 0…255, opacity 0…1. */
export interface Rgba {
  readonly rgb: Rgb;
  readonly opacity: number;
}

export interface ThemeColours {
  readonly surface: Rgb;
  readonly text: string;
  readonly quiet: string;
  readonly border: string;
  readonly font: string;
  readonly codeFont: string;
  /** How many shades {@link ramp} has. */
  readonly shades: 256;
  /** 256 × RGBA, from none to strongest, as they look on the surface. */
  readonly ramp: Uint8ClampedArray;
}

/** Reads what stylesheets say of a place now, by an element that is there only for this. */
export function themeColours(place: HTMLElement): ThemeColours {
  const probe = element("span", { "aria-hidden": true });
  place.append(probe);
  const style = getComputedStyle(probe);
  const read = (value: string): string => {
    probe.style.color = "";
    probe.style.color = value;
    return style.color;
  };
  const colour = (name: string, otherwise: Rgba) => parsedColour(read(`var(${name})`)) ?? otherwise;
  const clear: Rgba = { rgb: [128, 128, 128], opacity: 0 };
  const surface = colour("--gp-surface", { rgb: [255, 255, 255], opacity: 1 }).rgb;
  const levels = [1, 2, 3, 4, 5].map((level) => colour(`--gp-heat-unsigned-${level}`, clear));
  const found: ThemeColours = {
    surface,
    text: read("var(--gp-text)"),
    quiet: read("var(--gp-quiet)"),
    border: read("var(--gp-border)"),
    font: style.fontFamily || "sans-serif",
    codeFont: style.getPropertyValue("--gp-code-font") || "monospace",
    shades: 256,
    ramp: rampOn(surface, levels),
  };
  probe.remove();
  return found;
}

/** "rgb(1, 2, 3)", "rgba(1, 2, 3, 0.5)" and "color(srgb 0 0.1 1 / 0.5)", as browsers write computed colours. */
export function parsedColour(written: string): Rgba | null {
  const [red, green, blue, opacity = 1] = (written.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
  if (red === undefined || green === undefined || blue === undefined) return null;
  const scale = written.startsWith("color(srgb") ? 255 : written.startsWith("rgb") ? 1 : null;
  return scale === null ? null : { rgb: [red * scale, green * scale, blue * scale], opacity };
}

/** 256 shades from nothing through the palette's levels, laid over the surface. */
export function rampOn(surface: Rgb, levels: readonly Rgba[]): Uint8ClampedArray {
  const ramp = new Uint8ClampedArray(256 * 4);
  const over = ({ rgb, opacity }: Rgba) =>
    surface.map((channel, at) => channel + (rgb[at as 0 | 1 | 2] - channel) * opacity);
  const stops = [[...surface], ...levels.map(over)];
  for (let shade = 0; shade < 256; shade += 1) {
    const place = (shade / 255) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(place));
    for (let channel = 0; channel < 3; channel += 1) {
      const from = stops[below]?.[channel] ?? 0;
      const to = stops[below + 1]?.[channel] ?? from;
      ramp[4 * shade + channel] = Math.round(from + (to - from) * (place - below));
    }
    ramp[4 * shade + 3] = 255;
  }
  return ramp;
}

/** Hosts say their theme by attributes of the page, or by another stylesheet. Returns how to stop. */
export function watchTheme(changed: () => void): () => void {
  const watcher = new MutationObserver(changed);
  const attributes = {
    attributes: true,
    attributeFilter: [
      "class",
      "style",
      "data-jp-theme-name",
      "data-jp-theme-light",
      "data-vscode-theme-id",
      "data-vscode-theme-kind",
    ],
  };
  watcher.observe(document.documentElement, attributes);
  watcher.observe(document.body, attributes);
  watcher.observe(document.head, { childList: true });
  return () => watcher.disconnect();
}
