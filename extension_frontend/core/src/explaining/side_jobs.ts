import { type KeyPlace, keyHelp } from "../endpoint_keys.js";
import type {
  AttributionResult,
  CompareRequest,
  ErrorResult,
  ExplainRequest,
  JobSnapshot,
  Request,
  Result,
} from "../protocol.js";
import {
  NOTHING_ASKED,
  SIDE_NAMES,
  type SideAnswers,
  type SideName,
  type SideQuestion,
} from "../views/side_state.js";
import { errorOf, type JobRunner } from "./answer.js";
import { auditRequest } from "./audit_request.js";
import {
  circuitRequest,
  lensRequest,
  pairTemplateRequest,
  probeRequest,
  probeTestRequest,
} from "./inside_requests.js";
import { jobStatus } from "./job_status.js";
import { otherPrompt, otherRequest } from "./other_prompt.js";
import { patchRequest } from "./patch_request.js";
import { Turn } from "./turn.js";

/** What side questions need of the explanation that they are asked about. */
export interface Asked {
  /** What is explained now; null: nothing yet. */
  result(): AttributionResult | null;
  /** What would be explained: the prompt as it was read last; null: none was read. */
  request(): ExplainRequest | null;
  answers(): SideAnswers;
  /** What another explanation of the window asked; null: it is gone. */
  requestOf(explanation: string): ExplainRequest | null;
  runner(): JobRunner;
  /** Where an endpoint's key would come from. */
  keyPlace(): KeyPlace;
  show(change: Partial<SideAnswers>): void;
  unforeseen(failure: unknown): void;
}

/** How a question becomes a request, what answers it, and on what of the explanation it depends. */
interface SideRow {
  readonly kind: Result["kind"];
  /**
   * Of the explanation with its method and options, of what was explained only, of the prompt and its model whichever
   * answer was asked about, or of nothing.
   */
  readonly of: "method" | "answer" | "prompt" | "nothing";
}

const SIDES: Readonly<Record<SideName, SideRow>> = {
  check: { kind: "faithfulness", of: "method" },
  comparison: { kind: "comparison", of: "answer" },
  difference: { kind: "prompt_diff", of: "method" },
  advice: { kind: "advice", of: "nothing" },
  report: { kind: "report", of: "method" },
  overview: { kind: "attention", of: "answer" },
  matrix: { kind: "attention", of: "answer" },
  reading: { kind: "attention", of: "answer" },
  residual: { kind: "attention", of: "answer" },
  patching: { kind: "patching", of: "answer" },
  template: { kind: "pair_template", of: "answer" },
  circuit: { kind: "circuit", of: "answer" },
  lens: { kind: "lens", of: "answer" },
  tables: { kind: "tables", of: "nothing" },
  probe: { kind: "probe", of: "answer" },
  probe_test: { kind: "probe_test", of: "answer" },
  audit: { kind: "audit", of: "prompt" },
  audit_cost: { kind: "audit_preview", of: "prompt" },
  audit_report: { kind: "report", of: "prompt" },
};

/** The jobs beside one explanation: at most one for each place in the pane. */
export class SideJobs {
  private readonly turns = new Map<SideName, Turn>();
  private readonly questions = new Map<SideName, SideQuestion>();
  private answered: AttributionResult | null = null;
  /** Checks by what they are about: who goes back to a method finds its verdict there. */
  private readonly checked = new Map<string, SideAnswers["check"]>();

  constructor(private readonly about: Asked) {}

  /** What was asked last of its kind. */
  asked<Name extends SideName>(side: Name): Extract<SideQuestion, { side: Name }> | null {
    return (this.questions.get(side) as Extract<SideQuestion, { side: Name }> | undefined) ?? null;
  }

  /** `calls`: no more than these are sent to a model, where the question is one that counts them. */
  async ask(question: SideQuestion, calls: number | null = null): Promise<void> {
    const { side } = question;
    this.questions.set(side, question);
    const about = this.about.result();
    // An endpoint is asked about a prompt that no model here may be able to explain.
    const elsewhere =
      "model" in question && question.model.of === "endpoint" && this.about.request() !== null;
    if (about === null && SIDES[side].of !== "nothing" && side !== "audit_report" && !elsewhere) return;
    const turn = this.begin(side);
    const put = (state: SideAnswers[SideName]) => {
      if (!turn.over) this.about.show({ [side]: state });
    };
    put({ at: "running", progress: null, status: "starting", ahead: 0 });
    const runner = this.about.runner();
    let cancelling = false;
    /** What is known by now, where that is an answer of its own. */
    let partial: Result | null = null;
    const follow = (snapshot: JobSnapshot) => {
      const status = jobStatus(snapshot, runner);
      cancelling ||= turn.cancelled;
      if (status !== null) {
        const { progress, ahead } = snapshot;
        if (progress?.partial?.kind === SIDES[side].kind) partial = progress.partial;
        put({ at: "running", progress, status: cancelling ? "cancelling" : status, ahead });
      }
    };
    try {
      const request = capped(requestFor(question, about, this.about), calls);
      const { result } = await turn.answer(runner, request, follow);
      if (result.kind !== SIDES[side].kind) {
        throw new Error(`expected ${SIDES[side].kind}, got ${result.kind}`);
      }
      put({ at: "done", answer: result } as SideAnswers[SideName]);
      if (result.kind === "faithfulness" && about !== null && !turn.over) {
        this.checked.set(dependence("check", about), { at: "done", answer: result });
      }
    } catch (failure) {
      if (turn.over) return;
      const error = errorOf(failure, (unforeseen) => this.about.unforeseen(unforeseen));
      if (error.code !== "cancelled") put({ at: "failed", error: this.withKeyHelp(question, error) });
      else
        put(
          partial === null ? { at: "unasked" } : ({ at: "done", answer: partial } as SideAnswers[SideName]),
        );
    }
  }

  /** What a person does about a key depends on the host. */
  private withKeyHelp(question: SideQuestion, error: ErrorResult): ErrorResult {
    if (error.code !== "endpoint_key") return error;
    if (question.ask !== "audit" && question.ask !== "audit_cost") return error;
    const { model } = question;
    if (model.of !== "endpoint") return error;
    return { ...error, next_step: keyHelp(this.about.keyPlace(), model.variable) };
  }

  /** Asks a job to end; what it has by then still comes. */
  async cancel(side: SideName): Promise<void> {
    await this.turns.get(side)?.cancelJob();
  }

  /** Takes a question back: its job ends, and what still comes of it counts no more. */
  withdraw(side: SideName): void {
    this.drop([side]);
  }

  /** Something else is explained by now: answers about what it was before are dropped, others stay. */
  explained(result: AttributionResult): void {
    const before = this.answered;
    this.answered = result;
    if (before === null) return;
    const outdated = SIDE_NAMES.filter((side) => dependence(side, before) !== dependence(side, result));
    this.drop(outdated);
    const check = this.checked.get(dependence("check", result));
    if (check !== undefined && outdated.includes("check")) this.about.show({ check });
  }

  /** Stops every job and forgets every answer. */
  forget(): void {
    this.answered = null;
    this.checked.clear();
    this.questions.clear();
    this.drop(SIDE_NAMES);
  }

  private drop(sides: readonly SideName[]): void {
    for (const side of sides) this.turns.get(side)?.stop();
    for (const side of sides) this.turns.delete(side);
    if (sides.length > 0) {
      this.about.show(Object.fromEntries(sides.map((side) => [side, NOTHING_ASKED[side]])));
    }
  }

  private begin(side: SideName): Turn {
    this.turns.get(side)?.stop();
    const turn = new Turn();
    this.turns.set(side, turn);
    return turn;
  }
}

function dependence(side: SideName, { request, subject }: AttributionResult): string {
  const { method, options, job: _, ...explained } = request;
  const { of } = SIDES[side];
  if (of === "nothing") return "";
  if (of === "prompt") return JSON.stringify([request.subject, request.prompt, subject.weights]);
  return JSON.stringify([explained, subject.weights, of === "method" ? [method, options] : null]);
}

/** The request that a question makes; `about`: the explanation that it is asked about. */
export function requestFor(
  question: SideQuestion,
  about: AttributionResult | null,
  asked: Pick<Asked, "answers" | "requestOf" | "request">,
): Request {
  if (question.ask === "advise") {
    const { goal, access, audience, seconds } = question;
    return { kind: "advise", goal, access, audience, seconds };
  }
  if (question.ask === "tables") return { kind: "tables" };
  if (question.ask === "audit" || question.ask === "audit_cost") {
    const explained = about?.request ?? asked.request();
    if (explained === null) throw new Error("an audit is of a prompt that was read");
    return auditRequest(question, explained, question.ask === "audit_cost");
  }
  if (question.ask === "audit_report") {
    const { audit } = asked.answers();
    if (audit.at !== "done") throw new Error("a report is of an audit that is there");
    return { kind: "audit_report", audit: audit.answer };
  }
  if (about === null) throw new Error(`${question.ask} is asked about an explanation`);
  const { request } = about;
  switch (question.ask) {
    case "check": {
      const { replacement, seed } = question;
      return { kind: "check", explain: request, replacement, seed, rankings: 40, job: null };
    }
    case "compare":
      return {
        kind: "compare",
        explain: request,
        // At least one and at most seven: the kernel says so in words where they are not.
        methods: [...question.methods] as CompareRequest["methods"],
        job: null,
      };
    case "diff": {
      const after = otherRequest(request, question.after, asked.requestOf);
      return { kind: "diff", before: request, after, same_target: true, job: null };
    }
    case "report": {
      const { check, comparison, difference } = asked.answers();
      return {
        kind: "report",
        attribution: about,
        faithfulness: check.at === "done" ? check.answer : null,
        comparison: comparison.at === "done" ? comparison.answer : null,
        difference: difference.at === "done" ? difference.answer : null,
      };
    }
    case "attention": {
      const { subject, prompt, target, score } = request;
      return { kind: "attention", subject, prompt, target, score, view: question.view, job: null };
    }
    case "patch":
      return patchRequest(question, about, otherPrompt(request, question.other, asked.requestOf));
    case "pair_template":
      return pairTemplateRequest(question, about, otherPrompt(request, question.other, asked.requestOf));
    case "circuit":
      return circuitRequest(question, about);
    case "lens":
      return lensRequest(question, about);
    case "probe":
      return probeRequest(question, about);
    case "probe_test":
      return probeTestRequest(question, about);
  }
}

function capped(request: Request, calls: number | null): Request {
  if (calls === null || request.kind !== "audit") return request;
  const most = Math.min(calls, request.budget.calls ?? calls);
  return { ...request, budget: { ...request.budget, calls: most } };
}
