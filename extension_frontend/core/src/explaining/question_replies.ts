import type { PaneQuestion } from "../views/pane_state.js";
import type { HoleAnswers } from "./hole_answers.js";

/** The explanation that asks. */
interface Asking {
  /** What the pane asks now. */
  question(): PaneQuestion | null;
  readonly answers: HoleAnswers;
  /** Goes on, with the answers there are. */
  goOn(): Promise<void>;
  /** Asks no more. */
  drop(): void;
}

/** What a person can reply to the questions about a prompt's values. */
export class QuestionReplies {
  constructor(private readonly asking: Asking) {}

  /** Values for the holes asked about, in their order. */
  async fill(values: readonly string[]): Promise<void> {
    const question = this.asking.question();
    if (question !== null) this.asking.answers.type(question, values);
    await this.asking.goOn();
  }

  async agreeToEvaluate(): Promise<void> {
    const question = this.asking.question();
    if (question !== null) this.asking.answers.agree(question);
    await this.asking.goOn();
  }

  /** No to evaluating leads to typing; no to typing drops the explanation. */
  async dismiss(): Promise<void> {
    const question = this.asking.question();
    if (question?.ask !== "consent") return this.asking.drop();
    this.asking.answers.refuse(question);
    await this.asking.goOn();
  }
}
