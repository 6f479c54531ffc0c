/** Which questions beside an explanation a pane may ask: messages are untrusted input. */
import type { AttentionView } from "../protocol.js";
import { isAuditQuestion } from "./audit_guard.js";
import { SIDE_NAMES, type SideName, type SideQuestion, type SideQuestions } from "./side_state.js";
import {
  isFlat,
  isIndex,
  isIndexOrNull,
  isPlainOrNull,
  isText,
  isTextOrNull,
  isTexts,
  isTruth,
  oneOf,
} from "./wire_values.js";

export const isSideName = oneOf(...SIDE_NAMES);
const isBits = (value: unknown): boolean => value === 8 || value === 16;

/** Every field of every view; whether there is such a layer, head or token is the kernel's to say. */
const VIEWS: {
  readonly [Show in AttentionView["show"]]: Readonly<
    Record<Exclude<keyof Extract<AttentionView, { show: Show }>, "show">, (value: unknown) => boolean>
  >;
} = {
  overview: {},
  head: {
    layer: isIndex,
    head: isIndex,
    token: isIndexOrNull,
    without_sink: isTruth,
    matrix: isTruth,
    bits: isBits,
  },
  rollout: { token: isIndexOrNull, matrix: isTruth, bits: isBits },
  residual: { lines: isIndex },
};

function isView(value: unknown): boolean {
  if (!isFlat(value, isPlainOrNull) || typeof value.show !== "string") return false;
  if (!Object.hasOwn(VIEWS, value.show)) return false;
  const fields = Object.entries(VIEWS[value.show as AttentionView["show"]]);
  return Object.keys(value).length === fields.length + 1 && fields.every(([field, is]) => is(value[field]));
}

function isMethodChoice(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { method, options } = value as Readonly<Record<string, unknown>>;
  return isText(method) && isFlat(options);
}

function isComparedPrompt(value: unknown): boolean {
  return (
    isFlat(value) &&
    (value.from === "text" ? isText(value.text) : value.from === "explanation" && isText(value.id))
  );
}

const isSite = oneOf("resid_pre", "attn_out", "mlp_out", "z", "q", "k", "v", "pattern");
const isGrid = oneOf("position", "head", "head_position");
const isDirection = oneOf("denoising", "noising");
const isMetric = oneOf("logit_difference", "log_prob", "prob", "kl", "loss");

/** Layers or heads; which there are is the kernel's to say. */
function isPlacesOrNull(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length > 0 && value.every(isIndex));
}

const isAblation = oneOf("resample", "mean");
const isReadPlace = oneOf("readout", "every");
/** Of pairs: few enough to be made at once. */
const isCount = (value: unknown): boolean =>
  isIndex(value) && (value as number) > 0 && (value as number) <= 1000;

function isTemplate(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { clean, corrupted, right, wrong, words } = value as Readonly<Record<string, unknown>>;
  return [clean, corrupted].every(isText) && [right, wrong].every(isTextOrNull) && isFlat(words, isTexts);
}

/** Of a probe, and of a probe that is tested. */
function isProbeQuestion(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const question = value as Readonly<Record<string, unknown>>;
  switch (question.of) {
    case "task":
      return isText(question.name);
    case "frame":
      return [question.name, question.text, question.label].every(isText) && isTextOrNull(question.span);
    case "pairs":
      return isTemplate(question.template) && isCount(question.count) && isIndexOrNull(question.token);
    default:
      return false;
  }
}

const QUESTIONS: Readonly<
  Record<SideQuestion["ask"], (question: Readonly<Record<string, unknown>>) => boolean>
> = {
  check: ({ replacement, seed }) => isText(replacement) && isIndex(seed),
  compare: ({ methods }) =>
    Array.isArray(methods) && methods.length > 0 && methods.length <= 7 && methods.every(isMethodChoice),
  diff: ({ after }) => isComparedPrompt(after),
  advise: ({ goal, access, audience, seconds }) =>
    [goal, access, audience].every(isText) && Number.isFinite(seconds) && (seconds as number) > 0,
  report: () => true,
  attention: ({ view }) => isView(view),
  patch: ({ other, wrong, site, grid, direction, metric, layers, heads }) =>
    isComparedPrompt(other) &&
    (wrong === null || isText(wrong)) &&
    isSite(site) &&
    isGrid(grid) &&
    isDirection(direction) &&
    isMetric(metric) &&
    [layers, heads].every(isPlacesOrNull),
  pair_template: ({ other, wrong }) => isComparedPrompt(other) && isTextOrNull(wrong),
  circuit: ({ template, held_out, count, ablation, enough, seed }) =>
    isTemplate(template) &&
    (held_out === null || isTemplate(held_out)) &&
    isCount(count) &&
    isAblation(ablation) &&
    Number.isFinite(enough) &&
    isIndex(seed),
  lens: ({ position }) => isIndexOrNull(position),
  tables: () => true,
  probe: isProbeQuestion,
  probe_test: ({ probe, layer, where, answers }) =>
    isProbeQuestion(probe) &&
    isIndex(layer) &&
    isReadPlace(where) &&
    (answers === null || (isTexts(answers) && (answers as readonly string[]).length <= 50)),
  audit: isAuditQuestion,
  audit_cost: isAuditQuestion,
  audit_report: () => true,
};

/** The question that each side answers. */
const ASKS: { readonly [Name in SideName]: SideQuestions[Name]["ask"] } = {
  check: "check",
  comparison: "compare",
  difference: "diff",
  advice: "advise",
  report: "report",
  overview: "attention",
  matrix: "attention",
  reading: "attention",
  residual: "attention",
  patching: "patch",
  template: "pair_template",
  circuit: "circuit",
  lens: "lens",
  tables: "tables",
  probe: "probe",
  probe_test: "probe_test",
  audit: "audit",
  audit_cost: "audit_cost",
  audit_report: "audit_report",
};

export function isSideQuestion(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const question = value as Readonly<Record<string, unknown>>;
  if (!isSideName(question.side)) return false;
  const asks = ASKS[question.side as SideName];
  return question.ask === asks && QUESTIONS[asks](question);
}
