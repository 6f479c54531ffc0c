import { type ISignal, Signal } from "@lumino/signaling";
import type { KeyPlace } from "../endpoint_keys.js";
import type { Grain } from "../grain.js";
import { GlasspaneFailure } from "../job.js";
import { partialAttribution } from "../partial_attribution.js";
import { holeTokens } from "../prompt_alignment.js";
import type { SourceSpan } from "../prompt_source.js";
import type {
  AttributionResult,
  Catalogue,
  ErrorCode,
  ExplainRequest,
  HoleExpression,
  HoleValue,
  JobSnapshot,
  Target,
} from "../protocol.js";
import type { StaleReason } from "../stale.js";
import { EMPTY_PANE, type PaneState, type TabName } from "../views/pane_state.js";
import { errorOf, type JobRunner } from "./answer.js";
import { auditSubjectChange, auditSubjectOf, type TrackedPrompt } from "./audited_prompts.js";
import { ExplanationHeat } from "./explanation_heat.js";
import { jobStatus } from "./job_status.js";
import { PromptInPlace } from "./prompt_in_place.js";
import type { ReadingHelp, ReadPrompt } from "./prompt_reading.js";
import { QuestionReplies } from "./question_replies.js";
import { QuickCheck } from "./quick_check.js";
import { type SavedExplanation, savedExplanation, standsAsSaved } from "./saved_explanation.js";
import { SideJobs } from "./side_jobs.js";
import type { Site } from "./site.js";
import { isSameModel, type SubjectChoice } from "./subject_memory.js";
import { Turn } from "./turn.js";
import type { Workplace } from "./workplace.js";

let count = 0;

/** After these a kernel comes back with another Glasspane, or with none. */
const ANOTHER_GLASSPANE: ReadonlySet<ErrorCode> = new Set([
  "kernel_restarted",
  "glasspane_missing",
  "glasspane_too_old",
]);

/** One prompt being explained: from the place pointed at to its heat and what the pane says. */
export class Explanation<OfHost extends Site = Site> {
  readonly id = `heat-${++count}`;
  readonly replies: QuestionReplies;
  /** What is asked beside it: checks, views of attention, comparisons. */
  readonly sides: SideJobs;
  private readonly inPlace: PromptInPlace<OfHost>;
  private shown: PaneState;
  private reading = false;
  private turn = new Turn();
  /** Chosen for want of the kernel, for as long as this run lasts. */
  private elsewhere: SubjectChoice | null = null;
  private uncoloured = false;
  private readonly heat: ExplanationHeat<OfHost>;
  private readonly changes = new Signal<this, void>(this);
  private readonly quickCheck: QuickCheck;
  /** What another explanation of the window asked; set by who knows them all. */
  requestOf: (explanation: string) => ExplainRequest | null = () => null;

  constructor(
    private readonly workplace: Workplace<OfHost>,
    site: OfHost,
    selection: SourceSpan,
    method: string,
    given: ReadPrompt | null = null,
    target: Target = { kind: "top" },
  ) {
    this.heat = new ExplanationHeat(
      workplace,
      this.id,
      () => this.inPlace,
      () => this.shown,
    );
    this.inPlace = new PromptInPlace(
      workplace,
      site,
      selection,
      () => this.heat.drawn,
      () => this.tracked,
      given,
    );
    this.replies = new QuestionReplies({
      question: () => (this.shown.phase.at === "asking" ? this.shown.phase.question : null),
      answers: this.inPlace.answers,
      goOn: () => this.go(true),
      drop: () => this.rest(),
    });
    this.sides = new SideJobs({
      result: () => this.shown.result,
      request: () => (this.prompt === null ? null : this.request()),
      answers: () => this.shown,
      requestOf: (explanation) => this.requestOf(explanation),
      runner: () => this.runner(),
      keyPlace: () => this.keyPlace,
      show: (change) => this.show(change),
      unforeseen: (failure) => workplace.host.unforeseen(failure),
    });
    this.quickCheck = new QuickCheck(this.sides, () => this.shown);
    this.shown = {
      ...EMPTY_PANE,
      catalogue: workplace.catalogue,
      method,
      target,
      canInsert: site.cellIndex !== null,
    };
  }

  get state(): PaneState {
    return this.shown;
  }

  get changed(): ISignal<this, void> {
    return this.changes;
  }

  get site(): OfHost {
    return this.inPlace.site;
  }

  get prompt(): ReadPrompt | null {
    return this.inPlace.read;
  }

  /** A job for it is under way. */
  get running(): boolean {
    return this.shown.phase.at === "running";
  }

  /** Some heat of it is kept for its document, coloured already or about to be. */
  get hasHeat(): boolean {
    return this.heat.drawn !== null;
  }

  /** Its prompt as it is followed through edits; null: it stands in no document. */
  get tracked(): TrackedPrompt | null {
    return this.workplace.audited.find(this.site.key, this.id);
  }

  /** What an audit of the same prompt and model found before is shown again. */
  recall(): void {
    const kept = this.tracked?.audit ?? null;
    const { result, audit } = this.shown;
    if (kept === null || result === null || audit.at !== "unasked") return;
    if (auditSubjectChange(kept.about, auditSubjectOf(result)) === null)
      this.show({ audit: { at: "done", answer: kept.answer } });
  }

  /** Something that an audit found of its prompt stands in its document. */
  get hasFindings(): boolean {
    return this.tracked?.audit != null;
  }

  /** No window shows its document any more. A cell that was only deleted may come back. */
  get documentClosed(): boolean {
    const { host } = this.workplace;
    return host.isClosed(this.site) && host.again(this.site) === null;
  }

  /**
   * Explains the prompt as it stands now, with the model chosen now: reads it again, its holes included.
   *
   * `uncoloured`: no heat is drawn where there is none.
   */
  async start({ uncoloured = false } = {}): Promise<void> {
    this.elsewhere = null;
    this.uncoloured = uncoloured && !this.hasHeat;
    await this.go(true).finally(() => {
      this.uncoloured = false;
    });
  }

  /** What can be asked for is known by now. */
  offer(catalogue: Catalogue | null): void {
    if (catalogue !== null && catalogue !== this.shown.catalogue) this.show({ catalogue });
  }

  /** What brings it back after the window was loaded again; null while there is nothing to keep. */
  saved(): SavedExplanation | null {
    const { heat, inPlace } = this;
    return savedExplanation(this.site, this.shown, heat.drawn, inPlace.pointed, (result) =>
      heat.marks(result),
    );
  }

  /** Shows again what was saved; its heat only if the prompt found at its place is still the same. */
  restore(saved: SavedExplanation, result: AttributionResult): void {
    const { said, span, at, marks, prompt, options } = saved;
    this.show({ phase: { at: "done" }, result, prompt, options });
    this.sides.explained(result);
    const stood = said !== null && span !== null && marks.length > 0;
    if (stood) this.heat.begin(span, at);
    const stands = stood && standsAsSaved(saved, this.heat.drawn);
    if (stood && !stands) this.heat.abandon();
    this.heat.restore(marks);
    if (stands) {
      this.workplace.audited.begin(this.site, this.id, span, at);
      this.refresh();
    } else if (stood) this.show({ stale: "prompt_changed" });
  }

  /** Another target, method or option: the prompt is read again only if it changed. */
  async vary(change: Partial<Pick<PaneState, "target" | "method" | "options">>): Promise<void> {
    const sameMethod = change.method === undefined || change.method === this.shown.method;
    this.show({ ...(sameMethod ? {} : { options: {} }), ...change });
    await this.go(this.mustRead);
  }

  /** "As a user message" or "exactly as it stands", for every plain prompt of this document. */
  async chooseTemplate(template: "chat" | "raw"): Promise<void> {
    this.workplace.subjects.set(this.site.path, { template });
    await this.go(this.mustRead);
  }

  /** Runs without the document's kernel, which then cannot be asked for values either. */
  async useSeparateKernel(): Promise<void> {
    const ref = this.choice().ref;
    const portable =
      ref.source === "kernel" || ref.source === "auto" ? this.workplace.fallbackSubject(this.site) : ref;
    this.elsewhere = { ref: portable, where: "dedicated" };
    await this.go(this.mustRead);
  }

  /** A model was chosen for the document: a separate kernel no longer stands in for it. */
  modelChosen(): void {
    this.elsewhere = null;
    if (this.wantsAnotherModel) this.outdate("model_chosen");
    else if (this.shown.stale === "model_chosen") this.outdate(null);
  }

  /** What is shown was explained by another model than the one chosen. */
  private get wantsAnotherModel(): boolean {
    const { ref } = this.choice();
    const explained = this.shown.result?.subject.ref;
    return explained !== undefined && ref.source !== "auto" && !isSameModel(ref, explained);
  }

  async cancel(): Promise<void> {
    if (!this.turn.hasJob) {
      this.turn.stop();
      this.settle();
      return;
    }
    if (this.shown.phase.at === "running")
      this.show({ phase: { ...this.shown.phase, status: "cancelling" } });
    await this.turn.cancelJob();
  }

  point(token: number | null): void {
    this.heat.point(token);
  }

  openTab(tab: TabName): void {
    if (tab !== this.shown.tab) this.show({ tab });
  }

  /** Another view of the same scores: in the pane at once, and in the document. */
  view(change: { readonly grain?: Grain; readonly rows?: readonly number[] | null }): void {
    this.show(change);
    if (this.shown.result !== null) this.heat.recolour(this.shown.result);
  }

  focusToken(token: number | null): void {
    if (this.shown.focusedToken !== token) this.show({ focusedToken: token });
  }

  clearHeat(): void {
    this.heat.clear();
    this.show({ heatShown: false });
  }

  /** A check found that the values or the weights are no longer what was explained (null: they are again). */
  outdate(reason: StaleReason | null): void {
    this.heat.outdate(reason);
    this.refresh();
  }

  /** The heat in the document changed (an edit, a check of the weights): tell the pane. */
  refresh(): void {
    const { stale, shown: heatShown } = this.heat;
    if (stale !== this.shown.stale || heatShown !== this.shown.heatShown) this.show({ stale, heatShown });
  }

  /** Cells were moved, or the file renamed: says where its prompt is by now. */
  relocate(site?: OfHost): void {
    const { origin } = this.inPlace;
    this.inPlace.relocate(site);
    const { prompt } = this.shown;
    if (prompt !== null && prompt.origin === origin && origin !== this.inPlace.origin)
      this.show({ prompt: { ...prompt, origin: this.inPlace.origin } });
  }

  /** The model and the place that answer for this explanation. */
  choice(): SubjectChoice {
    return this.elsewhere ?? this.workplace.choiceFor(this.site);
  }

  /** The kernel that answers for it. */
  runner(): JobRunner {
    return this.workplace.runnerOf(this.site, this.choice());
  }

  /** A kernel of the person's answers for it, not one of Glasspane's. */
  private get inOwnKernel(): boolean {
    const { where } = this.choice();
    return where === "own" ? this.workplace.host.ownKernel(this.site) !== null : where !== "dedicated";
  }

  /** Where an endpoint's key comes from for what answers here. */
  private get keyPlace(): KeyPlace {
    const { where } = this.choice();
    const { host } = this.workplace;
    if (typeof where === "object") return host.keyPlace("running");
    return host.keyPlace(this.inOwnKernel ? "own" : "dedicated");
  }

  /** The kernel that knows the values in its prompt. */
  variables(): JobRunner | null {
    return this.workplace.variablesOf(this.site);
  }

  /** Stops its job, and says so to whoever shows it. */
  dispose(): void {
    this.turn.stop();
    this.sides.forget();
    this.workplace.audited.release(this.site.key, this.id);
    this.show({ phase: { at: "empty" } });
    Signal.clearData(this);
  }

  /** The prompt is not known as it stands now. */
  private get mustRead(): boolean {
    return this.reading || this.inPlace.unread;
  }

  private async go(reread: boolean): Promise<void> {
    const turn = this.begin();
    try {
      if (reread && !(await this.readAgain(turn))) return;
      if (!reread) this.heat.resume();
      const work = this.explain(turn);
      // What can be asked for is needed by the pane's form; the heat does not wait for it.
      void this.workplace.ready(this.site).then((catalogue) => this.offer(catalogue));
      await work;
    } catch (failure) {
      if (turn.over) return;
      this.fail(failure);
    }
  }

  private begin(): Turn {
    this.turn.stop();
    this.quickCheck.makeWay();
    this.turn = new Turn();
    this.show({
      phase: { at: "running", progress: null, status: "starting", ahead: 0 },
      notes: [],
      ownKernel: this.inOwnKernel,
      keyPlace: this.keyPlace,
      // Its tokens may be others by then.
      focusedToken: null,
    });
    return this.turn;
  }

  private async readAgain(turn: Turn): Promise<boolean> {
    if (this.inPlace.gone) {
      const what = this.site.cellIndex === null ? this.site.phrase : "The cell of this prompt";
      throw GlasspaneFailure.of(
        "bad_request",
        `${what} is gone.`,
        "Bring it back (undo), or explain another prompt.",
      );
    }
    this.reading = true;
    const reading = await this.inPlace.readAgain(this.helpReading(turn), turn.signal);
    if (turn.over) return false;
    this.reading = false;
    if (reading.got === "question") {
      this.show({ phase: { at: "asking", question: reading.question } });
      return false;
    }
    if (reading.got === "nothing") {
      throw GlasspaneFailure.of("no_prompt", reading.reason, "Then choose “Explain This Prompt” again.");
    }
    const { span, texts, resolved } = reading.prompt;
    const { origin, pointed: at } = this.inPlace;
    const text = texts.join("\n");
    // What was asked elsewhere about a prompt that nothing here explained is not about another one.
    if (this.shown.result === null && this.shown.prompt !== null && this.shown.prompt.text !== text)
      this.sides.forget();
    this.show({ prompt: { text, origin } });
    if (resolved.length > 0) {
      this.workplace.audited.begin(this.site, this.id, span, at);
      if (!this.uncoloured) this.heat.begin(span, at);
    }
    return true;
  }

  private helpReading(turn: Turn): Pick<ReadingHelp, "valuesOf" | "unknown"> {
    const kernel = this.variables();
    if (kernel === null) {
      return {
        valuesOf: null,
        unknown: "No kernel with your variables runs here, so its value is not known.",
      };
    }
    if (this.elsewhere !== null) {
      return { valuesOf: null, unknown: "The kernel is not asked, so its value is not known." };
    }
    return {
      valuesOf: (expressions, consent) => this.valuesOf(kernel, expressions, consent, turn),
      unknown: "",
    };
  }

  private async valuesOf(
    kernel: JobRunner,
    expressions: readonly HoleExpression[],
    consent: boolean,
    turn: Turn,
  ): Promise<readonly HoleValue[]> {
    const request = { kind: "prompt_value" as const, expressions: [...expressions], consent };
    const { result } = await turn.answer(kernel, request, (snapshot) => this.follow(snapshot, kernel));
    if (result.kind !== "prompt_value") throw new Error(`expected prompt_value, got ${result.kind}`);
    return result.values;
  }

  private async explain(turn: Turn): Promise<void> {
    const { result, snapshot } = await this.answer(turn);
    if (turn.over) return;
    if (result.kind !== "attribution") throw new Error(`expected attribution, got ${result.kind}`);
    const { subject } = result.request;
    if (subject.source === "kernel" && this.choice().where === "own") {
      this.workplace.subjects.use(this.site.path, subject);
    }
    this.settleOn(result);
    this.show({ phase: { at: "done" }, stale: null, notes: snapshot.warnings });
    this.refresh();
    if (this.workplace.settings.of(this.site).checkWhenQuick) void this.quickCheck.explained(result);
  }

  /** The model in use may be gone, after a restart say: then the kernel is searched afresh. */
  private async answer(turn: Turn): Promise<Awaited<ReturnType<Turn["answer"]>>> {
    const runner = this.runner();
    const follow = (snapshot: JobSnapshot) => this.follow(snapshot, runner);
    try {
      return await turn.answer(runner, this.request(), follow);
    } catch (failure) {
      const gone = failure instanceof GlasspaneFailure && failure.result.code === "no_subject";
      const { subjects } = this.workplace;
      if (!gone || turn.over || this.choice().ref !== subjects.used(this.site.path)) throw failure;
      subjects.use(this.site.path, null);
      return await turn.answer(runner, this.request(), follow);
    }
  }

  /** The prompt as it was read last; null: not yet. */
  get promptNow(): ExplainRequest["prompt"] | null {
    return this.prompt === null ? null : this.request().prompt;
  }

  private request(): ExplainRequest {
    const wire = this.prompt?.wire;
    if (wire === undefined) throw new Error("nothing was read");
    const { template } = this.workplace.subjects.get(this.site.path);
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

  private follow(snapshot: JobSnapshot, runner: JobRunner): void {
    const now = jobStatus(snapshot, runner);
    if (now === null) return;
    const { phase } = this.shown;
    const cancelling = phase.at === "running" && phase.status === "cancelling";
    const status = cancelling ? "cancelling" : now;
    this.show({ phase: { at: "running", progress: snapshot.progress, status, ahead: snapshot.ahead } });
    const partial = partialAttribution(snapshot.progress);
    if (partial) {
      this.receive(partial);
      this.heat.paint(partial, false);
    }
  }

  private settleOn(result: AttributionResult): void {
    this.receive(result);
    this.heat.paint(result, true);
    this.sides.explained(result);
    this.recall();
  }

  /** Shows a result; of a completion's tokens those stay chosen that it has. */
  private receive(result: AttributionResult): void {
    const rows = this.shown.rows?.filter((row) => row < result.scores.length) ?? [];
    const holes = holeTokens(result, this.prompt?.resolved ?? []);
    this.show({ result, rows: rows.length > 0 ? rows : null, holes });
  }

  private fail(failure: unknown): void {
    this.heat.abandon();
    const error = errorOf(failure, (unforeseen) => this.workplace.host.unforeseen(unforeseen));
    if (ANOTHER_GLASSPANE.has(error.code)) this.workplace.forgetCatalogue(this.site);
    if (error.code === "needs_template_choice") {
      this.show({ phase: { at: "asking", question: { ask: "template" } } });
    } else if (error.code === "cancelled") this.settle();
    else this.show({ phase: { at: "failed", error } });
  }

  private settle(): void {
    this.heat.abandon();
    this.rest();
  }

  /** Nothing runs and nothing is asked: what was found last, if anything, is shown. */
  private rest(): void {
    this.show({ phase: { at: this.shown.result === null ? "empty" : "done" } });
  }

  private show(change: Partial<PaneState>): void {
    this.shown = { ...this.shown, ...change };
    this.changes.emit();
  }
}
