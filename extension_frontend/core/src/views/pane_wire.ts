/** The pane and its host on two sides of a wire that carries JSON, as with a pane in a frame of its own. */

import type { MadeFile } from "../made_file.js";
import { partialAttribution } from "../partial_attribution.js";
import type { SubjectRef, Target } from "../protocol.js";
import { EMPTY_PANE, type PaneEvents, type PaneState } from "./pane_state.js";
import { isSideName, isSideQuestion } from "./side_guard.js";
import {
  isFlat,
  isIndex,
  isIndexOrNull,
  isPlainOrNull,
  isText,
  isTextOrNumber,
  isTexts,
  oneOf,
} from "./wire_values.js";

/** One call of one of {@link PaneEvents}. */
export type PaneAction = {
  readonly [Name in keyof PaneEvents]: {
    readonly event: Name;
    readonly args: Readonly<Parameters<PaneEvents[Name]>>;
  };
}[keyof PaneEvents];

/** The fields that are no longer the same object; all of them at first. */
export interface PaneChange {
  readonly fields: Partial<PaneState>;
  /** `result` is the partial one in `phase`: the same object, so it travels once and stays the same. */
  readonly resultIsPartial: boolean;
}

export type ToPane =
  | ({ readonly type: "state" } & PaneChange)
  /** What the host wants back when the window is loaded again; the pane only keeps it. */
  | { readonly type: "saved"; readonly saved: unknown };

export type FromPane =
  /** The pane knows nothing (any more) and waits for a whole state. */
  { readonly type: "ready" } | { readonly type: "action"; readonly action: PaneAction };

/** What a pane keeps over a reload of its window. */
export interface KeptPane {
  readonly state: PaneState;
  readonly saved: unknown;
}

/** What was kept, if there is anything; what it holds may be of another version. */
export function keptPane(value: unknown): KeptPane | null {
  const { state, saved } = (value ?? {}) as { state?: unknown; saved?: unknown };
  return typeof state === "object" && state !== null
    ? { state: { ...EMPTY_PANE, ...state }, saved: saved ?? null }
    : null;
}

/** Every field counts as changed after null. */
export function changesBetween(before: PaneState | null, after: PaneState): PaneChange {
  const changed = (Object.keys(after) as (keyof PaneState)[]).filter(
    (field) => before === null || before[field] !== after[field],
  );
  const resultIsPartial = isPartialOfPhase(after);
  const sent = changed.filter((field) => !(field === "result" && resultIsPartial));
  return { fields: Object.fromEntries(sent.map((field) => [field, after[field]])), resultIsPartial };
}

/** Whether there is anything to send. */
export function isEmptyChange({ fields }: PaneChange): boolean {
  return Object.keys(fields).length === 0;
}

/** The state after a change; what did not change stays the same object, and is not drawn again. */
export function withChange(before: PaneState, { fields, resultIsPartial }: PaneChange): PaneState {
  const after = { ...before, ...fields };
  const { phase } = after;
  return resultIsPartial && phase.at === "running"
    ? { ...after, result: partialAttribution(phase.progress) ?? after.result }
    : after;
}

function isPartialOfPhase({ phase, result }: PaneState): boolean {
  return phase.at === "running" && result !== null && phase.progress?.partial === result;
}

type Guard = (args: readonly unknown[]) => boolean;

const nothing: Guard = (args) => args.length === 0;
const one =
  (is: (value: unknown) => boolean): Guard =>
  (args) =>
    args.length === 1 && is(args[0]);
const SOURCES: Readonly<Record<SubjectRef["source"], readonly string[]>> = {
  kernel: ["model"],
  bundled: ["name"],
  folder: ["path"],
  hub: ["id"],
  auto: [],
};

function isSubject(value: unknown): boolean {
  if (!isFlat(value, isPlainOrNull) || typeof value.source !== "string") return false;
  if (!Object.hasOwn(SOURCES, value.source)) return false;
  return SOURCES[value.source as SubjectRef["source"]].every((field) => isText(value[field]));
}

const TARGETS: Readonly<Record<Target["kind"], readonly string[]>> = {
  top: [],
  token: ["token"],
  contrast: ["token", "versus"],
  class: ["label"],
  completion: ["tokens"],
};

function isTarget(value: unknown): boolean {
  if (!isFlat(value, isPlainOrNull) || typeof value.kind !== "string") return false;
  if (!Object.hasOwn(TARGETS, value.kind)) return false;
  if (value.kind === "completion" && !(value.text === null || isText(value.text))) return false;
  return TARGETS[value.kind as Target["kind"]].every((field) => isTextOrNumber(value[field]));
}

const FILE_TYPES: Readonly<Record<MadeFile["type"], true>> = {
  "image/svg+xml": true,
  "image/png": true,
  "text/html": true,
  "application/json": true,
  "text/csv": true,
};

function isFile(value: unknown): boolean {
  return (
    isFlat(value) &&
    isText(value.content) &&
    typeof value.type === "string" &&
    Object.hasOwn(FILE_TYPES, value.type) &&
    // A name and no path.
    typeof value.name === "string" &&
    /^[\w-][\w .-]*$/.test(value.name)
  );
}

/** Listed, not derived: what comes over the wire is looked up here and nowhere else. */
const EVENTS: { readonly [Name in keyof PaneEvents]: Guard } = {
  targetChosen: one(isTarget),
  methodChosen: one(isText),
  optionsChanged: one((value) => isFlat(value)),
  runAgain: nothing,
  cancel: nothing,
  clearHeat: nothing,
  insertOutput: nothing,
  copyPython: one(isText),
  copyText: one(isText),
  subjectChosen: one(isSubject),
  modelAsked: nothing,
  tokenizerChosen: one(isText),
  templateChosen: one((value) => value === "chat" || value === "raw"),
  holesFilled: one(isTexts),
  consentGiven: nothing,
  questionDismissed: nothing,
  separateKernelChosen: nothing,
  tabChosen: one(oneOf("tokens", "trust", "compare", "attention", "inside", "audit")),
  grainChosen: one(oneOf("token", "word", "sentence", "line", "hole", "message")),
  rowsChosen: one((value) => value === null || (Array.isArray(value) && value.every(isIndex))),
  sideAsked: one(isSideQuestion),
  sideCancelled: one(isSideName),
  fileMade: one(isFile),
  tokenPointed: one(isIndexOrNull),
};

export const PANE_EVENT_NAMES = Object.keys(EVENTS) as readonly (keyof PaneEvents)[];

/** Events that go through `post` instead of being acted on here. */
export function eventsSending(post: (action: PaneAction) => void): PaneEvents {
  return Object.fromEntries(
    PANE_EVENT_NAMES.map((event) => [
      event,
      (...args: unknown[]) => post({ event, args } as unknown as PaneAction),
    ]),
  ) as unknown as PaneEvents;
}

/** Acts on what a pane sent; false, and nothing done, if it is no action. Messages are untrusted input. */
export function performAction(action: unknown, events: PaneEvents): boolean {
  if (typeof action !== "object" || action === null) return false;
  const { event, args } = action as { event?: unknown; args?: unknown };
  if (typeof event !== "string" || !Object.hasOwn(EVENTS, event) || !Array.isArray(args)) return false;
  const name = event as keyof PaneEvents;
  if (!EVENTS[name](args)) return false;
  const perform = events[name] as (...args: unknown[]) => void;
  perform.apply(events, args);
  return true;
}
