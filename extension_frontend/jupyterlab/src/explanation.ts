import {
  EMPTY_PANE,
  type ErrorResult,
  type ExplainRequest,
  GlasspaneFailure,
  type HoleValue,
  heatMarks,
  type JobSnapshot,
  type PaneState,
  type Place,
  type SourceSpan,
  type StaleReason,
  type Target,
} from "@glasspane/core";
import { type ISignal, Signal } from "@lumino/signaling";
import { answerTo, problem } from "./jobs";
import { type ReadPrompt, readPrompt } from "./prompt_reading";
import { kernelOf, placeOf, type Site } from "./site";
import type { SubjectChoice } from "./subject_memory";
import type { Workplace } from "./workplace";

let count = 0;

/** One prompt being explained: from the place pointed at to its heat and what the pane says. */
export class Explanation {
  readonly id = `heat-${++count}`;
  private shown: PaneState;
  private read: ReadPrompt | null = null;
  private asked: readonly number[] = [];
  private consent = false;
  private ratherType = false;
  private typed: ReadonlyMap<number, string> = new Map();
  private abort = new AbortController();
  private job: string | null = null;
  private elsewhere: SubjectChoice | null = null;
  private readonly changes = new Signal<this, void>(this);

  constructor(
    private readonly workplace: Workplace,
    private whereItStands: Site,
    private selection: SourceSpan,
    method: string,
    /** A prompt that is not read from the document: what a cell printed. */
    private readonly given: ReadPrompt | null = null,
    target: Target = { kind: "top" },
  ) {
    this.shown = {
      ...EMPTY_PANE,
      catalogue: workplace.catalogue,
      method,
      target,
      canInsert: whereItStands.notebook !== null,
    };
  }

  get state(): PaneState {
    return this.shown;
  }

  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get site(): Site {
    return this.whereItStands;
  }

  get prompt(): ReadPrompt | null {
    return this.read;
  }

  /** The job under way and the kernel it runs in. */
  get running(): boolean {
    return this.shown.phase.at === "running";
  }

  /** Explains the prompt as it stands now: reads it again, its holes included. */
  async start(): Promise<void> {
    await this.go(true);
  }

  /** Another target, method or option: the prompt is read again only if it changed. */
  async vary(change: Partial<Pick<PaneState, "target" | "method" | "options">>): Promise<void> {
    const sameMethod = change.method === undefined || change.method === this.shown.method;
    this.show({ ...(sameMethod ? {} : { options: {} }), ...change });
    const heat = this.heat;
    await this.go(this.read === null || heat === null || heat.edited);
  }

  async answerHoles(values: readonly string[]): Promise<void> {
    this.typed = new Map([...this.typed, ...values.map((value, i) => [this.asked[i] ?? i, value] as const)]);
    await this.start();
  }

  async agreeToEvaluate(): Promise<void> {
    this.consent = true;
    await this.start();
  }

  /** No to evaluating leads to typing; no to typing drops the explanation. */
  async dismissQuestion(): Promise<void> {
    const { phase } = this.shown;
    if (phase.at === "asking" && phase.question.ask === "consent") {
      this.ratherType = true;
      await this.start();
    } else this.show({ phase: this.shown.result === null ? { at: "empty" } : { at: "done" } });
  }

  async useSeparateKernel(): Promise<void> {
    const ref = this.choice().ref;
    const portable =
      ref.source === "kernel" || ref.source === "auto" ? this.workplace.fallbackSubject() : ref;
    this.elsewhere = { ref: portable, where: "dedicated" };
    await this.go(this.read === null);
  }

  async cancel(): Promise<void> {
    if (this.job === null) {
      this.abort.abort();
      this.settle();
      return;
    }
    if (this.shown.phase.at === "running")
      this.show({ phase: { ...this.shown.phase, status: "cancelling" } });
    await this.workplace.client.cancel(this.job).catch(() => undefined);
  }

  point(token: number | null): void {
    this.workplace.heat.apply(this.site.key, { do: "point", id: this.id, token }, () => this.source());
  }

  focusToken(token: number | null): void {
    if (this.shown.focusedToken !== token) this.show({ focusedToken: token });
  }

  clearHeat(): void {
    this.workplace.heat.apply(this.site.key, { do: "clear", id: this.id }, () => this.source());
    this.show({ heatShown: false });
  }

  /** A check found that the values or the weights are no longer what was explained (null: they are again). */
  outdate(reason: StaleReason | null): void {
    this.step({ do: "outdate", id: this.id, reason });
    this.refresh();
  }

  /** The heat in the document changed (an edit, a check of the weights): tell the pane. */
  refresh(): void {
    const heat = this.heat;
    const stale = heat === null ? null : heat.edited ? "prompt_changed" : heat.outdated;
    const heatShown = heat !== null && heat.tokens.size > 0;
    if (stale !== this.shown.stale || heatShown !== this.shown.heatShown) this.show({ stale, heatShown });
  }

  /** The model and the place that answer for this explanation. */
  choice(): SubjectChoice {
    return this.elsewhere ?? this.workplace.choiceFor(this.site);
  }

  place(): Place {
    const { where } = this.choice();
    if (where === "dedicated") return { place: "dedicated" };
    return where === "own" ? placeOf(kernelOf(this.site)) : { place: "kernel", kernel_id: where.kernel };
  }

  /** Stops its job, and says so to whoever shows it. */
  dispose(): void {
    this.abort.abort();
    if (this.job !== null) void this.workplace.client.cancel(this.job).catch(() => undefined);
    this.job = null;
    this.show({ phase: { at: "empty" } });
    Signal.clearData(this);
  }

  private get heat() {
    return this.workplace.heat.find(this.site.key, this.id);
  }

  private source(): string {
    return this.site.model.isDisposed ? "" : this.site.model.sharedModel.getSource();
  }

  private async go(reread: boolean): Promise<void> {
    const turn = this.begin();
    try {
      if (reread && !(await this.readAgain(turn))) return;
      if (!reread) this.step({ do: "resume", id: this.id });
      await this.explain(turn);
    } catch (failure) {
      if (turn.aborted) return;
      this.fail(failure);
    }
  }

  private begin(): AbortSignal {
    this.abort.abort();
    if (this.job !== null) void this.workplace.client.cancel(this.job).catch(() => undefined);
    this.job = null;
    this.abort = new AbortController();
    this.show({ phase: { at: "running", progress: null, status: "starting", ahead: 0 }, notes: [] });
    return this.abort.signal;
  }

  private async readAgain(turn: AbortSignal): Promise<boolean> {
    this.whereItStands = this.workplace.again(this.whereItStands) ?? this.whereItStands;
    const read = this.given ?? (await this.readFromDocument(turn));
    if (turn.aborted || read === null) return false;
    this.read = read;
    this.show({ prompt: { text: read.texts.join("\n"), origin: this.origin(read) } });
    if (read.resolved.length > 0) this.step({ do: "begin", id: this.id, span: read.span });
    return true;
  }

  private async readFromDocument(turn: AbortSignal): Promise<ReadPrompt | null> {
    const source = this.source();
    this.selection = this.whereNow();
    const kernel = kernelOf(this.site);
    const reading = await readPrompt(source, this.selection, this.site.language, {
      valuesOf: kernel === null ? null : (expressions, consent) => this.valuesOf(expressions, consent, turn),
      consent: this.consent || !this.workplace.settings.current.askBeforeEvaluating,
      ratherType: this.ratherType,
      typed: this.typed,
    });
    if (turn.aborted) return null;
    if (reading.got === "prompt") return reading.prompt;
    if (reading.got === "question") {
      this.asked = reading.asked;
      this.show({ phase: { at: "asking", question: reading.question } });
    } else {
      throw new GlasspaneFailure(
        problem("bad_request", reading.reason, "Then choose “Explain This Prompt” again."),
      );
    }
    return null;
  }

  private async valuesOf(
    expressions: Parameters<NonNullable<Parameters<typeof readPrompt>[3]["valuesOf"]>>[0],
    consent: boolean,
    turn: AbortSignal,
  ): Promise<readonly HoleValue[]> {
    const place = placeOf(kernelOf(this.site));
    const request = { kind: "prompt_value" as const, expressions: [...expressions], consent };
    const watch = { onSnapshot: (snapshot: JobSnapshot) => this.follow(snapshot, turn), signal: turn };
    const { result } = await answerTo(this.workplace.client, place, request, watch);
    if (result.kind !== "prompt_value") throw new Error(`expected prompt_value, got ${result.kind}`);
    this.job = null;
    return result.values;
  }

  private async explain(turn: AbortSignal): Promise<void> {
    const request = this.request();
    const watch = { onSnapshot: (snapshot: JobSnapshot) => this.follow(snapshot, turn), signal: turn };
    const { result, snapshot } = await answerTo(this.workplace.client, this.place(), request, watch);
    if (turn.aborted) return;
    if (result.kind !== "attribution") throw new Error(`expected attribution, got ${result.kind}`);
    this.job = null;
    this.paint(result, true);
    this.show({ phase: { at: "done" }, result, stale: null, notes: snapshot.warnings });
    this.refresh();
  }

  private request(): ExplainRequest {
    if (this.read === null) throw new Error("nothing was read");
    const { template } = this.workplace.subjects.get(this.site.path);
    const wire = this.read.wire;
    return {
      kind: "explain",
      subject: this.choice().ref,
      prompt:
        wire.form === "text" && wire.template === "ask" ? { ...wire, template: template ?? "ask" } : wire,
      method: this.shown.method,
      options: { ...this.shown.options },
      target: this.shown.target,
      score: "logit",
      job: null,
    };
  }

  private follow(snapshot: JobSnapshot, turn: AbortSignal): void {
    if (turn.aborted) return;
    this.job = snapshot.id;
    if (!["queued", "waiting_for_kernel", "running"].includes(snapshot.status)) return;
    const { phase } = this.shown;
    const cancelling = phase.at === "running" && phase.status === "cancelling";
    const status = cancelling
      ? "cancelling"
      : (snapshot.status as "queued" | "waiting_for_kernel" | "running");
    this.show({ phase: { at: "running", progress: snapshot.progress, status, ahead: snapshot.ahead } });
    const partial = snapshot.progress?.partial;
    if (partial) this.paint(partial, false);
  }

  private paint(result: NonNullable<PaneState["result"]>, settled: boolean): void {
    if (this.read !== null && this.read.resolved.length > 0) {
      const marks = heatMarks(
        result,
        this.read.resolved.length === 1 ? (this.read.resolved[0] ?? []) : this.read.resolved,
      );
      this.step({ do: "paint", id: this.id, marks, settled });
    }
    if (!settled) this.show({ result });
  }

  private fail(failure: unknown): void {
    this.job = null;
    this.step({ do: "abandon", id: this.id });
    const error = errorOf(failure);
    if (error.code === "needs_template_choice") {
      this.show({ phase: { at: "asking", question: { ask: "template" } } });
    } else if (error.code === "cancelled") this.settle();
    else this.show({ phase: { at: "failed", error } });
  }

  private settle(): void {
    this.step({ do: "abandon", id: this.id });
    this.show({ phase: this.shown.result === null ? { at: "empty" } : { at: "done" } });
  }

  private step(step: Parameters<Workplace["heat"]["apply"]>[1]): void {
    this.workplace.heat.apply(this.site.key, step, () => this.source());
  }

  private show(change: Partial<PaneState>): void {
    this.shown = { ...this.shown, ...change };
    this.changes.emit();
  }

  private origin(read: ReadPrompt): string {
    if (read.variable !== null) return `variable ${read.variable}`;
    return read.fromSelection ? `selection in ${this.site.phrase}` : this.site.phrase;
  }

  /** Where the prompt is after the edits since it was last read. */
  private whereNow(): SourceSpan {
    const heat = this.heat;
    if (heat === null || this.read === null) return this.selection;
    if (this.read.fromSelection) return heat.span;
    const cursor = heat.since.mapPos(this.selection.from, 1);
    const inside = Math.min(Math.max(cursor, heat.span.from), heat.span.to);
    return { from: inside, to: inside };
  }
}

function errorOf(failure: unknown): ErrorResult {
  if (failure instanceof GlasspaneFailure) return failure.result;
  console.error("Glasspane", failure);
  return problem(
    "internal",
    "Something went wrong in Glasspane itself.",
    "See the browser's console, and try again.",
  );
}
