import type { AttributionResult, JobSnapshot, Request, Result } from "../protocol.js";
import {
  NOTHING_ASKED,
  SIDE_NAMES,
  type SideAnswers,
  type SideName,
  type SideQuestion,
} from "../views/side_state.js";
import { errorOf, type JobRunner } from "./answer.js";
import { jobStatus } from "./job_status.js";
import { Turn } from "./turn.js";

/** What side questions need of the explanation that they are asked about. */
export interface Asked {
  /** What is explained now; null: nothing yet. */
  result(): AttributionResult | null;
  answers(): SideAnswers;
  runner(): JobRunner;
  show(change: Partial<SideAnswers>): void;
  unforeseen(failure: unknown): void;
}

/** How a question becomes a request, what answers it, and on what of the explanation it depends. */
interface SideRow {
  readonly kind: Result["kind"];
  /** The method and its options count too, not only what was explained. */
  readonly ofMethod: boolean;
}

const SIDES: Readonly<Record<SideName, SideRow>> = {
  check: { kind: "faithfulness", ofMethod: true },
  report: { kind: "report", ofMethod: true },
  overview: { kind: "attention", ofMethod: false },
  matrix: { kind: "attention", ofMethod: false },
  reading: { kind: "attention", ofMethod: false },
  residual: { kind: "attention", ofMethod: false },
};

/** The jobs beside one explanation: at most one for each place in the pane. */
export class SideJobs {
  private readonly turns = new Map<SideName, Turn>();
  private answered: AttributionResult | null = null;

  constructor(private readonly asked: Asked) {}

  async ask(question: SideQuestion): Promise<void> {
    const about = this.asked.result();
    if (about === null) return;
    const { side } = question;
    const turn = this.begin(side);
    const put = (state: SideAnswers[SideName]) => {
      if (!turn.over) this.asked.show({ [side]: state });
    };
    put({ at: "running", progress: null, status: "starting", ahead: 0 });
    const runner = this.asked.runner();
    let cancelling = false;
    const follow = (snapshot: JobSnapshot) => {
      const status = jobStatus(snapshot, runner);
      cancelling ||= turn.cancelled;
      if (status !== null) {
        const { progress, ahead } = snapshot;
        put({ at: "running", progress, status: cancelling ? "cancelling" : status, ahead });
      }
    };
    try {
      const { result } = await turn.answer(runner, requestFor(question, about, this.asked.answers()), follow);
      if (result.kind !== SIDES[side].kind) {
        throw new Error(`expected ${SIDES[side].kind}, got ${result.kind}`);
      }
      put({ at: "done", answer: result } as SideAnswers[SideName]);
    } catch (failure) {
      if (turn.over) return;
      const error = errorOf(failure, (unforeseen) => this.asked.unforeseen(unforeseen));
      put(error.code === "cancelled" ? { at: "unasked" } : { at: "failed", error });
    }
  }

  /** Asks a job to end; what it has by then still comes. */
  async cancel(side: SideName): Promise<void> {
    await this.turns.get(side)?.cancelJob();
  }

  /** Something else is explained by now: answers about what it was before are dropped, others stay. */
  explained(result: AttributionResult): void {
    const before = this.answered;
    this.answered = result;
    if (before === null) return;
    const outdated = SIDE_NAMES.filter((side) => dependence(side, before) !== dependence(side, result));
    this.drop(outdated);
  }

  /** Stops every job and forgets every answer. */
  forget(): void {
    this.answered = null;
    this.drop(SIDE_NAMES);
  }

  private drop(sides: readonly SideName[]): void {
    for (const side of sides) this.turns.get(side)?.stop();
    for (const side of sides) this.turns.delete(side);
    if (sides.length > 0) {
      this.asked.show(Object.fromEntries(sides.map((side) => [side, NOTHING_ASKED[side]])));
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
  return JSON.stringify([explained, subject.weights, SIDES[side].ofMethod ? [method, options] : null]);
}

/** The request that a question about an explanation makes. */
export function requestFor(
  question: SideQuestion,
  result: AttributionResult,
  { check }: Pick<SideAnswers, "check">,
): Request {
  const { request } = result;
  switch (question.ask) {
    case "check":
      return { kind: "check", explain: request, replacement: "default", seed: 0, rankings: 40, job: null };
    case "report":
      return {
        kind: "report",
        attribution: result,
        faithfulness: check.at === "done" ? check.answer : null,
        comparison: null,
        difference: null,
      };
    case "attention": {
      const { subject, prompt, target, score } = request;
      return { kind: "attention", subject, prompt, target, score, view: question.view, job: null };
    }
  }
}
