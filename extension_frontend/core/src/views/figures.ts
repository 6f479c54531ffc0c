/** Numbers and names as people read them. */
import type { SubjectCard } from "../protocol.js";

const THIN = "\u202f";

/** 0.974 → "97 %", 0.0042 → "0.4 %", 0.997 → "99.7 %", 0.0002 → "< 0.1 %": only nothing is 0, only all is 100. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return `<${THIN}0.1${THIN}%`;
  if (value > 99.9 && value < 100) return `>${THIN}99.9${THIN}%`;
  const digits = value === 0 || value === 100 || (value >= 9.95 && value < 99.5) ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")}${THIN}%`;
}

/** Three significant digits with a true minus; `signed` also writes the plus. */
export function figure(value: number, signed = false): string {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  const digits =
    size === 0
      ? "0"
      : size >= 1e5 || size < 1e-4
        ? size.toExponential(1).replace("e+", "e").replace("e-", "e−")
        : size >= 100
          ? size.toFixed(0)
          : size.toPrecision(3).replace(/^0\.0+$/, "0");
  const sign = value < 0 ? "−" : signed && value > 0 ? "+" : "";
  return `${sign}${digits}`;
}

/** 0.904 → "0.90", −0.051 → "−0.05", −0.001 → "0.00"; `signed` also writes the plus. */
export function correlation(value: number, signed = false): string {
  const digits = Math.abs(value).toFixed(2);
  return `${digits === "0.00" ? "" : value < 0 ? "−" : signed ? "+" : ""}${digits}`;
}

/** Writes numbers of one column with the same decimals: three significant digits for the largest. */
export function alignedFigures(values: readonly number[]): (value: number, signed: boolean) => string {
  const largest = values.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  const decimals = 2 - Math.floor(Math.log10(largest));
  if (largest === 0 || decimals > 6 || largest >= 1e5) return figure;
  return (value, signed) => {
    if (!Number.isFinite(value)) return figure(value);
    const digits = Math.abs(value).toFixed(Math.max(0, decimals));
    const zero = Number(digits) === 0;
    return `${zero ? "" : value < 0 ? "−" : signed ? "+" : ""}${digits}`;
  };
}

/** A phrase as a sentence begins. */
export const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** 124439808 → "124 M". */
export function count(value: number): string {
  for (const [size, letter] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (value >= size) {
      const scaled = value / size;
      return `${scaled >= 10 ? scaled.toFixed(0) : scaled.toFixed(1).replace(/\.0$/, "")}${THIN}${letter}`;
    }
  }
  return String(value);
}

/** 0.0421 → "42 ms", 3.2 → "3.2 s". */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.max(1, Math.round(1000 * seconds))}${THIN}ms`;
  if (seconds < 60) return `${seconds.toFixed(1)}${THIN}s`;
  return `${Math.floor(seconds / 60)}${THIN}min ${Math.round(seconds % 60)}${THIN}s`;
}

const DTYPES: Readonly<Record<string, string>> = {
  float64: "fp64",
  float32: "fp32",
  float16: "fp16",
  bfloat16: "bf16",
};

/** "GPT2LMHeadModel" → "GPT2". */
export function architecture(name: string): string {
  return name.replace(/(LMHeadModel|DoubleHeadsModel|For[A-Z]\w*|Model)$/, "") || name;
}

/** "demo-lm · GPT2 · 3 M · cpu · fp32" */
export function subjectLine(subject: {
  readonly architecture: string;
  readonly parameters: number;
  readonly device: string;
  readonly dtype: string;
}): string {
  const { parameters, device, dtype } = subject;
  return [architecture(subject.architecture), count(parameters), device, DTYPES[dtype] ?? dtype].join(" · ");
}

/** Everything known about a subject, for its tooltip. */
export function subjectDetails(subject: SubjectCard): string {
  return [
    [...subject.wrappers, subject.architecture].join(" around "),
    `${subject.parameters.toLocaleString("en")} parameters, ${subject.vocabulary_size.toLocaleString("en")} tokens known`,
    subject.context_length === null
      ? null
      : `reads at most ${subject.context_length.toLocaleString("en")} tokens`,
    subject.tokenizer_match,
  ]
    .filter((line) => line !== null)
    .join("\n");
}

/** A token in running text: quoted, its spaces and line ends visible. */
export function quoted(text: string): string {
  return `“${text.replace(/\n/g, "↵").replace(/\t/g, "⇥")}”`;
}
