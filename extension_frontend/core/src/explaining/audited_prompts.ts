/** Prompts and what audits found of them, kept outside of editors and explanations: until the prompt changes. */
import { ChangeSet, type Text } from "@codemirror/state";
import { type ISignal, Signal } from "@lumino/signaling";
import type { SourceSpan } from "../prompt_source.js";
import type { AttributionResult, AuditResult, ExplainRequest } from "../protocol.js";
import type { StaleReason } from "../stale.js";
import type { AuditQuestion } from "../views/side_state.js";
import { textOf } from "./heat_memory.js";
import { afterEdit, lookUp, type PromptPlace } from "./prompt_track.js";
import type { DocumentKey, Site } from "./site.js";

/** What an audit was about; `model` and `weights` null: an endpoint, which is what it is. */
export interface AuditSubject {
  readonly prompt: ExplainRequest["prompt"];
  readonly model: ExplainRequest["subject"] | null;
  readonly weights: string | null;
}

export interface KeptAudit {
  readonly answer: AuditResult;
  /** Asks the same again. */
  readonly question: AuditQuestion;
  readonly about: AuditSubject;
  /** What the prompt's source said. */
  readonly said: string | null;
}

/** Replaced, never changed. */
export interface TrackedPrompt extends PromptPlace {
  /** The explanation that read it. */
  readonly id: string;
  /** What its source said when it was read, and what it says now; null: no prompt is found there. */
  readonly read: string | null;
  readonly says: string | null;
  readonly audit: KeptAudit | null;
  /** Why the audit is out of date although the source stands unchanged. */
  readonly outdated: StaleReason | null;
  /** It was deleted. Undoing that brings it back: its source, and how far behind its beginning it is read from. */
  readonly deleted: { readonly written: string; readonly inside: number } | null;
}

export type AuditedPrompt = TrackedPrompt & { readonly audit: KeptAudit };

interface Kept<OfHost extends Site> {
  readonly site: OfHost;
  readonly doc: Text;
  readonly prompts: readonly TrackedPrompt[];
}

/** Why an audit no longer describes the prompt that stands there. */
export function auditStaleReason({ audit, says, outdated }: AuditedPrompt): StaleReason | null {
  return audit.said === says ? outdated : "prompt_changed";
}

export function auditSubjectOf({ request, subject }: AttributionResult): AuditSubject {
  return { prompt: request.prompt, model: request.subject, weights: subject.weights };
}

/** What is another by now; null: an audit of the one is one of the other. */
export function auditSubjectChange(audited: AuditSubject, now: AuditSubject): StaleReason | null {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  if (!same(wordsOf(audited.prompt), wordsOf(now.prompt))) return "prompt_changed";
  if (audited.weights === null || now.weights === null || audited.weights === now.weights) return null;
  return same(audited.model, now.model) ? "weights_changed" : "model_chosen";
}

/** How it is sent is found out by the model that reads it. */
function wordsOf(prompt: AuditSubject["prompt"]): unknown {
  return prompt.form === "text" ? prompt.text : prompt.messages;
}

export class AuditedPrompts<OfHost extends Site = Site> {
  private readonly open = new Map<object, Map<string, Kept<OfHost>>>();
  /** Of documents that no window shows, by path and cell: they may be opened again. */
  private readonly closed = new Map<string, Kept<OfHost>>();
  private readonly changes = new Signal<this, DocumentKey>(this);

  /** What was found of a document's prompts is another, or out of date, or true again. */
  get changed(): ISignal<this, DocumentKey> {
    return this.changes;
  }

  /** Every open document with prompts that are followed. */
  get sites(): OfHost[] {
    return [...this.open.values()].flatMap((cells) => [...cells.values()].map(({ site }) => site));
  }

  /** The prompts of a document that were audited and stand there. */
  auditedIn(key: DocumentKey): AuditedPrompt[] {
    return (this.kept(key)?.prompts ?? []).filter(
      (each): each is AuditedPrompt => each.audit !== null && each.deleted === null,
    );
  }

  find(key: DocumentKey, id: string): TrackedPrompt | null {
    return this.kept(key)?.prompts.find((each) => each.id === id) ?? null;
  }

  /** The audited prompt of an explanation, wherever it stands. */
  audited(id: string): { readonly site: OfHost; readonly prompt: AuditedPrompt } | null {
    for (const site of this.sites) {
      const prompt = this.auditedIn(site.key).find((each) => each.id === id);
      if (prompt !== undefined) return { site, prompt };
    }
    return null;
  }

  /** The text that a document's prompts stand in; null: none is followed there. */
  textUnder(key: DocumentKey): Text | null {
    return this.kept(key)?.doc ?? null;
  }

  /** A prompt was read; what was found of it before, by whichever explanation, goes along. */
  begin(site: OfHost, id: string, span: SourceSpan, at: SourceSpan): void {
    const { key, language } = site;
    this.sync(site);
    const doc = textOf(site.source());
    const { said } = lookUp(doc, at, language);
    const before = this.kept(key)?.prompts ?? [];
    const isSame = (each: TrackedPrompt) => each.id === id || overlap(each.span, span);
    const known = before.filter(isSame).findLast(({ audit }) => audit !== null);
    const prompt: TrackedPrompt = {
      id,
      span,
      at,
      language,
      read: said,
      says: said,
      audit: known?.audit ?? null,
      outdated: known?.outdated ?? null,
      deleted: null,
    };
    this.put({ site, doc, prompts: [...before.filter((each) => !isSame(each)), prompt] });
  }

  /** An audit of the prompt as it was read. */
  record(key: DocumentKey, id: string, audit: Omit<KeptAudit, "said">): void {
    this.replace(key, id, (each) => ({ ...each, audit: { ...audit, said: each.read }, outdated: null }));
  }

  /** A check, or another explanation of it, found that it is about something else (null: about this). */
  outdate(key: DocumentKey, id: string, reason: StaleReason | null): void {
    if (this.find(key, id)?.outdated === reason) return;
    this.replace(key, id, (each) => ({ ...each, outdated: reason }));
  }

  /** Its explanation is gone: what was found stays. */
  release(key: DocumentKey, id: string): void {
    if (this.find(key, id)?.audit === null) this.replace(key, id, () => null);
  }

  /** Forgets what was found in a document, or in all of them. */
  clear(key: DocumentKey | null): void {
    if (key === null) this.closed.clear();
    for (const { key: each } of this.sites) {
      if (key !== null && (key.document !== each.document || key.id !== each.id)) continue;
      const kept = this.kept(each);
      if (kept !== null)
        this.put({ ...kept, prompts: kept.prompts.map((prompt) => ({ ...prompt, audit: null })) });
    }
  }

  /** The document was edited, step by step. */
  edited(key: DocumentKey, changes: ChangeSet, before: Text): void {
    const kept = this.kept(key);
    if (kept === null || !kept.doc.eq(before)) return;
    const doc = changes.apply(before);
    this.put({
      ...kept,
      doc,
      prompts: kept.prompts.flatMap((each) => moved(each, changes, before, doc) ?? []),
    });
  }

  /** The document's text may be another than when it was last heard of, in ways that nobody told. */
  sync(site: OfHost): void {
    const kept = this.kept(site.key);
    if (kept === null) return;
    const doc = textOf(site.source());
    if (doc.eq(kept.doc)) {
      this.put({ ...kept, site });
      return;
    }
    const changes = difference(kept.doc, doc);
    const prompts = kept.prompts.flatMap(
      (each) => foundAgain(each, kept.doc, doc) ?? moved(each, changes, kept.doc, doc) ?? [],
    );
    this.put({ site, doc, prompts });
  }

  /** No window shows the document any more. */
  close({ key, path }: OfHost): void {
    const kept = this.kept(key);
    if (kept === null) return;
    this.drop(key);
    if (kept.prompts.some(({ audit }) => audit !== null)) this.closed.set(`${path}\n${key.id}`, kept);
    this.changes.emit(key);
  }

  /** A document is shown: perhaps one that was shown before. */
  reopen(site: OfHost): void {
    const name = `${site.path}\n${site.key.id}`;
    const kept = this.closed.get(name);
    if (kept === undefined || this.kept(site.key) !== null) return;
    this.closed.delete(name);
    this.put({ ...kept, site });
    this.sync(site);
  }

  /** The same text is another document by now: its file was renamed. */
  move(from: DocumentKey, to: OfHost): void {
    const kept = this.kept(from);
    if (kept === null) return;
    this.drop(from);
    this.put({ ...kept, site: to });
    this.changes.emit(from);
  }

  private kept({ document, id }: DocumentKey): Kept<OfHost> | null {
    return this.open.get(document)?.get(id) ?? null;
  }

  private drop({ document, id }: DocumentKey): void {
    const cells = this.open.get(document);
    cells?.delete(id);
    if (cells?.size === 0) this.open.delete(document);
  }

  private replace(key: DocumentKey, id: string, change: (each: TrackedPrompt) => TrackedPrompt | null): void {
    const kept = this.kept(key);
    if (kept === null) return;
    this.put({
      ...kept,
      prompts: kept.prompts.flatMap((each) => (each.id === id ? (change(each) ?? []) : each)),
    });
  }

  private put(now: Kept<OfHost>): void {
    const { key } = now.site;
    const before = this.auditedIn(key);
    if (now.prompts.length === 0) this.drop(key);
    else {
      const cells = this.open.get(key.document) ?? new Map<string, Kept<OfHost>>();
      this.open.set(key.document, cells.set(key.id, now));
    }
    if (!sameFindings(before, this.auditedIn(key))) this.changes.emit(key);
  }
}

function moved(prompt: TrackedPrompt, changes: ChangeSet, before: Text, after: Text): TrackedPrompt | null {
  if (prompt.deleted !== null) return broughtBack(prompt, prompt.deleted, changes, after);
  const now = afterEdit(prompt, changes, before, after);
  if (now !== null) return { ...prompt, ...now, says: now.said === undefined ? prompt.says : now.said };
  if (prompt.audit === null) return null;
  const { from, to } = prompt.span;
  const deleted = { written: before.sliceString(from, to), inside: prompt.at.from - from };
  return { ...prompt, ...placeAt(changes.mapPos(from, -1)), deleted };
}

function placeAt(position: number): Pick<PromptPlace, "at" | "span"> {
  const here = { from: position, to: position };
  return { span: here, at: here };
}

/** A deleted prompt stands there again once its source is put back where it stood. */
function broughtBack(
  prompt: TrackedPrompt,
  { written, inside }: NonNullable<TrackedPrompt["deleted"]>,
  changes: ChangeSet,
  after: Text,
): TrackedPrompt {
  const stood = prompt.span.from;
  let from = -1;
  changes.iterChangedRanges((fromBefore, toBefore, fromAfter, toAfter) => {
    if (stood < fromBefore || stood > toBefore) return;
    const found = after.sliceString(fromAfter, toAfter).indexOf(written);
    if (found >= 0) from = fromAfter + found;
  });
  const at = { from: from + inside, to: from + inside };
  const found = from < 0 ? null : lookUp(after, at, prompt.language);
  if (found === null || found.span === null || found.said !== prompt.audit?.said) {
    return { ...prompt, ...placeAt(changes.mapPos(stood, -1)) };
  }
  return { ...prompt, span: found.span, at, says: found.said, deleted: null };
}

/** Where it stands unchanged in a text that was replaced as a whole; null: not there, or more than once. */
function foundAgain(prompt: TrackedPrompt, before: Text, after: Text): TrackedPrompt | null {
  const { span, at } = prompt;
  const written = before.sliceString(span.from, span.to);
  const text = after.toString();
  const from = text.indexOf(written);
  if (written === "" || from < 0 || text.indexOf(written, from + 1) >= 0) return null;
  const by = from - span.from;
  return {
    ...prompt,
    span: { from, to: span.to + by },
    at: { from: Math.max(0, at.from + by), to: Math.max(0, at.to + by) },
  };
}

/** One replacement that makes one text of the other. */
function difference(before: Text, after: Text): ChangeSet {
  const [a, b] = [before.toString(), after.toString()];
  const most = Math.min(a.length, b.length);
  let from = 0;
  while (from < most && a[from] === b[from]) from += 1;
  let end = 0;
  while (end < most - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const insert = textOf(b.slice(from, b.length - end));
  return ChangeSet.of({ from, to: a.length - end, insert }, a.length);
}

/** Merely shifted is the same: editors move what they show. */
function sameFindings(before: readonly AuditedPrompt[], after: readonly AuditedPrompt[]): boolean {
  return (
    before.length === after.length &&
    before.every((prompt, index) => {
      const other = after[index];
      return (
        other !== undefined &&
        other.id === prompt.id &&
        other.audit === prompt.audit &&
        other.says === prompt.says &&
        auditStaleReason(other) === auditStaleReason(prompt)
      );
    })
  );
}

function overlap(a: SourceSpan, b: SourceSpan): boolean {
  return a.from < b.to && b.from < a.to;
}
