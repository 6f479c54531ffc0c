/** What an audit's question may be when it comes over a wire: looked at field by field, not trusted. */
import { KEY_VARIABLE } from "../endpoint_keys.js";
import {
  isEndpointAddress,
  isFlat,
  isIndex,
  isLedgerPath,
  isText,
  isTextOrNull,
  isTexts,
  oneOf,
} from "./wire_values.js";

const isTest = oneOf("injection", "early_answering", "paraphrase", "filler", "bias", "consistency", "plain");
const isMode = oneOf("continue", "swap");
/** Of steps, examples and the like: more than that no person writes. */
const MOST = 200;

const isPositive = (value: unknown): boolean => isIndex(value) && (value as number) > 0;
const isPositiveOrNull = (value: unknown): boolean => value === null || isPositive(value);
const isListOf = (value: unknown, is: (value: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= MOST && value.every(is);

/** Each of them at most once. */
const isChoice = (value: unknown, is: (value: unknown) => boolean): boolean =>
  isListOf(value, is) && value.length > 0 && new Set(value).size === value.length;

const hasOnly = (value: object, ...fields: readonly string[]): boolean =>
  Object.keys(value).every((name) => fields.includes(name));

/** A key has no place here: what is more than the four fields is refused. */
function isModel(value: unknown): boolean {
  if (!isFlat(value)) return false;
  if (value.of === "explained") return hasOnly(value, "of");
  return (
    value.of === "endpoint" &&
    hasOnly(value, "of", "address", "name", "variable") &&
    isEndpointAddress(value.address) &&
    isText(value.name) &&
    typeof value.variable === "string" &&
    KEY_VARIABLE.test(value.variable)
  );
}

function isWrongStep(value: unknown): boolean {
  return (
    isFlat(value, (field) => isIndex(field) || isTextOrNull(field)) &&
    hasOnly(value, "step", "text", "consequence") &&
    isPositive(value.step) &&
    isText(value.text) &&
    isTextOrNull(value.consequence)
  );
}

function isPrices(value: unknown): boolean {
  return (
    isFlat(value, Number.isFinite) &&
    hasOnly(value, "prompt", "reply") &&
    [value.prompt, value.reply].every((price) => Number.isFinite(price) && (price as number) >= 0)
  );
}

/** Of an audit, and of what it would cost. */
export function isAuditQuestion(question: Readonly<Record<string, unknown>>): boolean {
  const { model, tests, modes, steps, wrong, examples, prices, ledger } = question;
  return (
    isModel(model) &&
    isChoice(tests, isTest) &&
    isChoice(modes, isMode) &&
    (steps === null || isChoice(steps, isPositive)) &&
    isListOf(wrong, isWrongStep) &&
    typeof question.wrong_by_model === "boolean" &&
    isTexts(examples) &&
    isListOf(examples, isText) &&
    [question.samples, question.max_tokens, question.seed].every(isIndex) &&
    [question.temperature, question.top_p, question.delta].every(Number.isFinite) &&
    [question.reference, question.marker, question.pattern].every(isTextOrNull) &&
    [question.calls, question.tokens].every(isPositiveOrNull) &&
    (prices === null || isPrices(prices)) &&
    (ledger === null || isLedgerPath(ledger))
  );
}
