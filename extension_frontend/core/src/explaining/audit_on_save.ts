/** Audits prompts again when their document is saved: only where the settings say so, and within a number of calls. */
import { type AuditedPrompt, auditStaleReason } from "./audited_prompts.js";
import { auditAgain } from "./audits.js";
import type { Explainer } from "./explainer.js";
import type { Explanation } from "./explanation.js";
import type { Notifier, ProgressNotice } from "./job_notice.js";
import type { AuditOnSave, Settings } from "./settings.js";
import type { Site } from "./site.js";

export class AuditsOnSave<OfHost extends Site = Site> {
  /** Sent to models so far by this window. */
  private spent = 0;
  /** The cap that the person has been told is reached. */
  private told: number | null = null;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly explainer: Explainer<OfHost>,
    private readonly notifier: Pick<Notifier<OfHost>, "progress">,
    /** Says in passing that no more is audited, and what to do. */
    private readonly tell: (sentence: string) => void,
  ) {}

  /** The document was saved; `document` as in `DocumentKey`. Settles when nothing of it is left to audit. */
  saved(document: object): Promise<void> {
    // One audit after the other: each is told what the one before has left.
    this.work = this.work.then(() => this.auditChanged(document));
    return this.work;
  }

  private async auditChanged(document: object): Promise<void> {
    const { audited, settings } = this.explainer.workplace;
    for (const site of audited.sites.filter(({ key }) => key.document === document)) {
      for (const prompt of audited.auditedIn(site.key)) {
        const now = settings.of(site);
        if (auditStaleReason(prompt) === "prompt_changed" && mayAudit(prompt, now.auditOnSave))
          await this.audit(prompt, now);
      }
    }
  }

  private async audit(prompt: AuditedPrompt, { auditOnSaveCalls: most }: Settings): Promise<void> {
    const explanation = this.explainer.find(prompt.id);
    // One whose explanation went with its document is audited again when the person asks for it.
    if (explanation === null || explanation.running || explanation.state.audit.at === "running") return;
    const left = most - this.spent;
    if (left <= 0 || this.told === most) {
      this.tellSpent(most);
      return;
    }
    const before = explanation.state.audit;
    const watch = new AuditWatch(explanation, this.notifier);
    this.explainer.stateChanged.connect(watch.follow);
    try {
      if (!(await auditAgain(explanation, prompt.audit, left))) return;
    } finally {
      this.explainer.stateChanged.disconnect(watch.follow);
      watch.close();
    }
    const { audit } = explanation.state;
    // What is left may be too little for a first reply.
    if (audit.at === "failed" && audit.error.code === "budget_spent") this.tellSpent(most);
    if (audit.at !== "done" || audit === before) return;
    const { spent, complete } = audit.answer;
    this.spent += spent.calls;
    if (this.spent >= most || (!complete && !watch.cancelled)) this.tellSpent(most);
  }

  private tellSpent(most: number): void {
    if (this.told === most) return;
    this.told = most;
    const count = (calls: number) => calls.toLocaleString("en");
    this.tell(
      `Audits on save stop here: they have sent ${count(this.spent)} of the ${count(most)} calls that the settings allow in ` +
        "this window, and the next would be too many. Raise “auditOnSaveCalls”, or run an audit again yourself.",
    );
  }
}

/** Calls to an endpoint cost money: they take a setting of their own. */
function mayAudit({ audit }: AuditedPrompt, allowed: AuditOnSave): boolean {
  const { source } = audit.answer.request.model;
  return allowed === "endpoints" || (allowed === "local" && source === "subject");
}

/** Says how far an audit is that runs in the background. */
class AuditWatch<OfHost extends Site> {
  cancelled = false;
  private notice: ProgressNotice | null = null;

  constructor(
    private readonly explanation: Explanation<OfHost>,
    private readonly notifier: Pick<Notifier<OfHost>, "progress">,
  ) {}

  readonly follow = (_: unknown, changed: Explanation<OfHost>): void => {
    const { audit } = this.explanation.state;
    if (changed !== this.explanation || audit.at !== "running") return;
    const { progress, status } = audit;
    const stage = status === "cancelling" ? "cancelling" : (progress?.stage ?? "starting");
    const message = `Auditing ${this.explanation.site.phrase} again: ${stage}`;
    const fraction = progress?.fraction ?? 0;
    if (this.notice !== null) this.notice.update(message, fraction);
    else {
      this.notice = this.notifier.progress(this.explanation, message, fraction, () => {
        this.cancelled = true;
        void this.explanation.sides.cancel("audit");
      });
    }
  };

  close(): void {
    this.notice?.close();
  }
}
