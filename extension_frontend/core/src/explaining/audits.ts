/** Keeps what audits found with the prompts that they are about, and goes back from there. */

import type { AuditResult } from "../protocol.js";
import { type AuditedPrompt, auditSubjectChange, auditSubjectOf, type KeptAudit } from "./audited_prompts.js";
import type { Explainer } from "./explainer.js";
import type { Explanation } from "./explanation.js";
import type { Site } from "./site.js";

export class Audits<OfHost extends Site = Site> {
  /** Kept, or cleared since. */
  private readonly seen = new WeakSet<AuditResult>();

  constructor(private readonly explainer: Explainer<OfHost>) {
    explainer.stateChanged.connect((_, explanation) => this.follow(explanation));
  }

  /** Shows an audited prompt's audit in the pane; `id` is its own. */
  async open(id: string): Promise<void> {
    await this.shown(id);
  }

  /** Audits the prompt as it stands now, as it was audited before. */
  async runAgain(id: string): Promise<void> {
    const found = this.explainer.workplace.audited.audited(id);
    const explanation = await this.shown(id);
    if (found !== null && explanation !== null) await auditAgain(explanation, found.prompt.audit, null);
  }

  /** Takes what was found out of one document, or of all. */
  clear(site: OfHost | null): void {
    this.explainer.workplace.audited.clear(site?.key ?? null);
  }

  /** The audited prompt at a place, else the first one of the document. */
  at(site: OfHost, position: number): AuditedPrompt | null {
    const all = this.explainer.workplace.audited.auditedIn(site.key);
    return all.find(({ span }) => span.from <= position && position <= span.to) ?? all[0] ?? null;
  }

  private async shown(id: string): Promise<Explanation<OfHost> | null> {
    const { explainer } = this;
    const known = explainer.find(id);
    if (known !== null) {
      explainer.show(known);
      known.openTab("audit");
      // Its audit went with an explanation of something else, which was taken back since.
      known.recall();
      return known;
    }
    const found = explainer.workplace.audited.audited(id);
    if (found === null) return null;
    const site = explainer.workplace.host.again(found.site) ?? found.site;
    // Its document was closed meanwhile: explained anew, the same prompt finds its audit again.
    await explainer.explainAt(site, found.prompt.at, undefined, "audit");
    return explainer.current;
  }

  private follow(explanation: Explanation<OfHost>): void {
    const { audited } = this.explainer.workplace;
    const { key } = explanation.site;
    const { audit, result, stale } = explanation.state;
    const tracked = audited.find(key, explanation.id);
    const prompt = explanation.promptNow;
    if (tracked === null || prompt === null) return;
    const about = result === null ? { prompt, model: null, weights: null } : auditSubjectOf(result);
    // While it runs, the prompt may be followed as it was read last, and the answers be about what it said before.
    if (explanation.running) return;
    if (audit.at === "done" && !this.seen.has(audit.answer)) {
      const asked = explanation.sides.asked("audit");
      if (asked === null) return;
      this.seen.add(audit.answer);
      const { side: _, ask: __, ...question } = asked;
      const elsewhere = question.model.of === "endpoint" ? { model: null, weights: null } : {};
      audited.record(key, explanation.id, {
        answer: audit.answer,
        question,
        about: { ...about, ...elsewhere },
      });
    } else if (tracked.audit !== null) {
      const elsewhere = tracked.audit.about.weights === null;
      const changed = elsewhere && stale !== "prompt_changed" ? null : stale;
      audited.outdate(key, explanation.id, changed ?? auditSubjectChange(tracked.audit.about, about));
    }
  }
}

/** Whether an audit was started; what it finds is kept as ever. `calls`: no more than these are sent. */
export async function auditAgain(
  explanation: Explanation,
  { question }: Pick<KeptAudit, "question">,
  calls: number | null,
): Promise<boolean> {
  const { result, stale } = explanation.state;
  const tracked = explanation.tracked;
  const same = tracked !== null && tracked.read === tracked.says && stale === null;
  if (result === null || !same) await explanation.start({ uncoloured: true });
  // The person is asked something first, or it cannot be explained: the pane says so.
  const explained = explanation.state.phase.at === "done" && explanation.state.result !== null;
  if (!explained && !(question.model.of === "endpoint" && wasRead(explanation))) return false;
  await explanation.sides.ask({ side: "audit", ask: "audit", ...question }, calls);
  return true;
}

/** An endpoint needs no model here, but what the prompt says. */
function wasRead({ state, promptNow, tracked }: Explanation): boolean {
  return (
    state.phase.at === "failed" && promptNow !== null && tracked !== null && tracked.read === tracked.says
  );
}
