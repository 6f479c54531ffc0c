/**
 * The only place where heat gets its colours.
 *
 * A diverging scale around zero: orange pushes for the answer, blue against it, violet where a method has no sign. The
 * colours lie translucent over the editor's own background, so that selection and current line shine through; marked
 * text is set in `text`, which keeps a contrast of at least 4.5:1 on every level over every listed background.
 * Orange and blue stay apart under all three colour-vision deficiencies, and the underline (solid for, dashed
 * against) says the sign without any colour. style/palette.css is written from here.
 */
import type { HeatSign } from "./heat.js";

export type Theme = "light" | "dark" | "high_contrast_light" | "high_contrast_dark";

export type Rgb = readonly [red: number, green: number, blue: number];

/** One side of the scale: a colour and its opacity at levels 1…5. */
export interface Ramp {
  readonly colour: Rgb;
  readonly opacity: readonly [number, number, number, number, number];
  readonly underline: Rgb;
}

export interface ThemePalette {
  readonly for: Ramp;
  readonly against: Ramp;
  readonly unsigned: Ramp;
  readonly text: Rgb;
  /** Darkest and lightest editor background the palette is made for. */
  readonly backgrounds: readonly Rgb[];
}

const CALM = [0.16, 0.32, 0.48, 0.66, 0.85] as const;
const DARK = [0.22, 0.36, 0.5, 0.66, 0.84] as const;
const STRONG = [0.25, 0.42, 0.6, 0.8, 1] as const;

export const PALETTE: Readonly<Record<Theme, ThemePalette>> = {
  light: {
    for: { colour: [255, 148, 40], opacity: CALM, underline: [190, 84, 0] },
    against: { colour: [84, 156, 245], opacity: CALM, underline: [24, 98, 202] },
    unsigned: { colour: [172, 136, 240], opacity: CALM, underline: [118, 74, 200] },
    text: [26, 26, 26],
    backgrounds: [
      [255, 255, 255],
      [238, 238, 238],
    ],
  },
  dark: {
    for: { colour: [196, 96, 8], opacity: DARK, underline: [255, 158, 66] },
    against: { colour: [36, 108, 214], opacity: DARK, underline: [110, 174, 255] },
    unsigned: { colour: [126, 84, 206], opacity: DARK, underline: [186, 156, 255] },
    text: [255, 255, 255],
    backgrounds: [
      [17, 17, 17],
      [48, 48, 48],
    ],
  },
  high_contrast_light: {
    for: { colour: [255, 156, 51], opacity: STRONG, underline: [140, 58, 0] },
    against: { colour: [98, 166, 255], opacity: STRONG, underline: [0, 62, 150] },
    unsigned: { colour: [182, 148, 255], opacity: STRONG, underline: [84, 36, 170] },
    text: [0, 0, 0],
    backgrounds: [[255, 255, 255]],
  },
  high_contrast_dark: {
    for: { colour: [178, 82, 0], opacity: STRONG, underline: [255, 176, 92] },
    against: { colour: [20, 96, 214], opacity: STRONG, underline: [134, 190, 255] },
    unsigned: { colour: [116, 70, 204], opacity: STRONG, underline: [204, 180, 255] },
    text: [255, 255, 255],
    backgrounds: [[0, 0, 0]],
  },
};

const SIDES = ["for", "against", "unsigned"] as const;
const LEVELS = [1, 2, 3, 4, 5] as const;

/** CSS classes of a heat mark; style/palette.css gives them background, text colour and underline. */
export function heatClass(mark: { readonly level: number; readonly sign: HeatSign }, stale = false): string {
  const level = Math.min(5, Math.abs(Math.trunc(mark.level)));
  if (level === 0 || mark.sign === "none") return "gp-heat-none";
  return `gp-heat gp-heat-${mark.sign}-${level}${stale ? " gp-heat-stale" : ""}`;
}

/** The background of a level: translucent, over the editor's own. Level 0 has none. */
export function heatColour(theme: Theme, sign: HeatSign, level: number): string {
  const opacity = sign === "none" ? undefined : PALETTE[theme][sign].opacity[Math.abs(level) - 1];
  return sign === "none" || opacity === undefined ? "transparent" : css(PALETTE[theme][sign].colour, opacity);
}

/** Where each theme is recognised, weakest first; with no specificity, so that hosts can override anything. */
export const THEME_SELECTORS: Readonly<Record<Theme, string>> = {
  light: ":where(:root)",
  dark: ':where([data-jp-theme-light="false"], .vscode-dark, .gp-dark)',
  high_contrast_light:
    ':where([data-jp-theme-light="true"][data-jp-theme-name*="High Contrast"], .vscode-high-contrast-light, .gp-high-contrast-light)',
  high_contrast_dark:
    ':where([data-jp-theme-light="false"][data-jp-theme-name*="High Contrast"], .vscode-high-contrast:not(.vscode-high-contrast-light), .gp-high-contrast-dark)',
};

/** The text of style/palette.css. */
export function paletteCss(): string {
  const blocks = (Object.keys(PALETTE) as Theme[]).map((theme) => {
    const lines = SIDES.flatMap((side) => [
      ...LEVELS.map((level) =>
        property(`${side}-${level}`, `${side}${level}`, heatColour(theme, side, level)),
      ),
      property(`${side}-line`, `${side}Line`, css(PALETTE[theme][side].underline)),
    ]);
    const text = property("text", "text", css(PALETTE[theme].text));
    return `${THEME_SELECTORS[theme]} {\n${[...lines, text].join("\n")}\n}`;
  });
  const levels = SIDES.flatMap((side) =>
    LEVELS.map((level) => `.gp-heat-${side}-${level} {\n  --gp-heat: var(--gp-heat-${side}-${level});\n}`),
  );
  return `${[WRITTEN_FROM, ...blocks, MARKS, ...levels].join("\n\n")}\n`;
}

/**
 * VS Code hands a frame each colour of {@link namedColours}, as the person may have set it. Of the dots in a name only
 * the first becomes a dash there.
 */
function property(name: string, inVsCode: string, colour: string): string {
  return `  --gp-heat-${name}: var(--vscode-glasspane-heat\\.${inVsCode}, ${colour});`;
}

/** The light theme as JSON, for output that is drawn without a front end (terminal, static HTML, images). */
export function staticPalette(): string {
  const { backgrounds: _, ...light } = PALETTE.light;
  return `${JSON.stringify(light, null, 2)}\n`;
}

/** A colour that an editor with named, overridable colours is told about: `#RRGGBBAA` for each kind of theme. */
export interface NamedColour {
  readonly id: string;
  readonly description: string;
  readonly defaults: {
    readonly light: string;
    readonly dark: string;
    readonly highContrast: string;
    readonly highContrastLight: string;
  };
}

/** The name of a mark's background; null where it has none. */
export function heatColourName(mark: { readonly level: number; readonly sign: HeatSign }): string | null {
  const level = Math.min(5, Math.abs(Math.trunc(mark.level)));
  return level === 0 || mark.sign === "none" ? null : `glasspane.heat.${mark.sign}${level}`;
}

/** The name of a sign's underline; null where it has none. */
export function heatLineName(sign: HeatSign): string | null {
  return sign === "none" ? null : `glasspane.heat.${sign}Line`;
}

export const HEAT_TEXT_NAME = "glasspane.heat.text";

/** Every colour of the palette under its name. */
export function namedColours(): NamedColour[] {
  const named = (id: string, description: string, of: (palette: ThemePalette) => string): NamedColour => ({
    id,
    description,
    defaults: {
      light: of(PALETTE.light),
      dark: of(PALETTE.dark),
      highContrast: of(PALETTE.high_contrast_dark),
      highContrastLight: of(PALETTE.high_contrast_light),
    },
  });
  return [
    ...SIDES.flatMap((side) => [
      ...LEVELS.map((level) =>
        named(`glasspane.heat.${side}${level}`, `${SAID[side]}: level ${level} of 5.`, (palette) =>
          hex(palette[side].colour, palette[side].opacity[level - 1]),
        ),
      ),
      named(`glasspane.heat.${side}Line`, `${SAID[side]}: the underline.`, (palette) =>
        hex(palette[side].underline),
      ),
    ]),
    named(HEAT_TEXT_NAME, "Text on heat.", (palette) => hex(palette.text)),
  ];
}

const SAID = {
  for: "Tokens that push for the answer",
  against: "Tokens that push against the answer",
  unsigned: "Tokens of methods whose scores have no direction",
} as const;

const WRITTEN_FROM = "/* Written from src/palette.ts by write_palette.mjs; edit that file instead. */";

const MARKS = `.gp-heat {
  background-color: var(--gp-heat);
  color: var(--gp-heat-text);
  border-radius: 2px;
  text-decoration: none;
}

/* Syntax colours are chosen for the editor's background, not for heat. */
.gp-heat[class] * {
  color: inherit;
}

.gp-heat[class*="gp-heat-for-"] {
  text-decoration: underline solid 2px var(--gp-heat-for-line);
  text-underline-offset: 0.2em;
  text-decoration-skip-ink: none;
}

.gp-heat[class*="gp-heat-against-"] {
  text-decoration: underline dashed 2px var(--gp-heat-against-line);
  text-underline-offset: 0.2em;
  text-decoration-skip-ink: none;
}

.gp-heat.gp-heat-stale,
.gp-heat-stale .gp-heat {
  background-color: color-mix(in srgb, var(--gp-heat) 30%, transparent);
  text-decoration-color: color-mix(in srgb, currentcolor 35%, transparent);
  color: inherit;
}`;

function css([red, green, blue]: Rgb, opacity = 1): string {
  return opacity === 1 ? `rgb(${red} ${green} ${blue})` : `rgb(${red} ${green} ${blue} / ${opacity})`;
}

function hex(colour: Rgb, opacity = 1): string {
  const channels = [...colour, Math.round(255 * opacity)];
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0").toUpperCase()).join("")}`;
}
