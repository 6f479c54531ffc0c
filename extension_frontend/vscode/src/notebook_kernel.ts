import {
  ANSWER_MIME_TYPE,
  type ErrorResult,
  errorResult,
  GlasspaneFailure,
  hasEnded,
  type JobRunner,
  type JobSnapshot,
  LARGEST_REQUEST,
  PROGRESS_MIME_TYPE,
  type Progress,
  type Request,
  type Result,
} from "@glasspane/core";
import * as vscode from "vscode";
import { type JupyterKernel, type JupyterOutput, jupyterApi } from "./jupyter_api";
import { kernelCode } from "./kernel_code";
import { KernelJob } from "./kernel_job";
import type { KernelPermission } from "./kernel_permission";
import { requireTrust } from "./trust";

/** How long a kernel with nothing to do may owe the end of a job that is over: then what was sent is lost. */
const LOST_MS = 3_000;
const LOOK_MS = 250;

/**
 * Runs requests in a notebook's kernel through the Jupyter extension.
 *
 * One at a time, each within one `executeCode`: the interface delivers outputs, no later updates of them,
 * and to cancel it would interrupt whatever the person runs by then.
 */
export class NotebookKernel implements JobRunner {
  readonly key: string;
  readonly personal = true;
  private readonly jobs = new Map<string, KernelJob>();
  private last: Promise<void> = Promise.resolve();
  /** The one that runs, and those that wait for it. */
  private queue: readonly KernelJob[] = [];

  constructor(
    private readonly notebook: vscode.Uri,
    private readonly permission: KernelPermission,
    private readonly log: vscode.LogOutputChannel,
    private readonly version: string,
  ) {
    this.key = `notebook ${notebook.toString()}`;
  }

  async start(request: Request): Promise<JobSnapshot> {
    const kernel = await this.kernel();
    const job = new KernelJob(request, this.version);
    const code = kernelCode(request, job.id, job.cancelFile);
    // Far more would never arrive: Jupyter drops a message of many megabytes, and says nothing.
    if (code.length > LARGEST_REQUEST) throw new GlasspaneFailure(TOO_LONG);
    this.jobs.set(job.id, job);
    const ahead = this.queue.length;
    this.queue = [...this.queue, job];
    job.change(
      ahead > 0
        ? { ahead }
        : kernel.status === "busy"
          ? { status: "waiting_for_kernel", kernel_busy: true }
          : {},
    );
    this.last = this.last.then(() => this.turn(job, code)).finally(() => this.leave(job));
    return job.snapshot;
  }

  async follow(
    id: string,
    onSnapshot: (snapshot: JobSnapshot) => void,
    signal?: AbortSignal,
  ): Promise<JobSnapshot> {
    const job = this.jobs.get(id);
    if (job === undefined) {
      throw GlasspaneFailure.of("job_not_found", "This job is not known any more.", "Run again.");
    }
    for (let seen = 0; ; ) {
      signal?.throwIfAborted();
      if (job.snapshot.sequence > seen) {
        seen = job.snapshot.sequence;
        onSnapshot(job.snapshot);
      }
      if (hasEnded(job.snapshot)) {
        this.jobs.delete(id);
        return job.snapshot;
      }
      await job.next(signal);
    }
  }

  async cancel(id: string): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined || hasEnded(job.snapshot)) return;
    await job.cancel().catch((problem) => {
      this.log.error("The file that tells the kernel to stop was not written.", nameOf(problem));
      void vscode.window.showWarningMessage(
        "Glasspane could not tell the kernel to stop: the folder for temporary files cannot be written. Interrupt the kernel, or let the explanation end.",
      );
    });
    // What the kernel has not begun ends here; when its turn comes, it is not sent or stops at once.
    if (job.snapshot.status === "running") return;
    job.end(CANCELLED);
    // The first one is sent: the others wait until the kernel has seen that it is cancelled.
    if (job !== this.queue[0]) this.leave(job);
  }

  private leave(job: KernelJob): void {
    this.queue = this.queue.filter((each) => each !== job);
    for (const [ahead, each] of this.queue.entries()) {
      if (each.snapshot.status === "queued" && each.snapshot.ahead !== ahead) each.change({ ahead });
    }
  }

  private async kernel(): Promise<JupyterKernel> {
    requireTrust();
    await this.permission.explain();
    const api = await jupyterApi();
    if (api === null) {
      throw GlasspaneFailure.of(
        "kernel_not_found",
        "This version of the Jupyter extension lets no other extension use its kernels.",
        "Update it, or choose a model that runs elsewhere (“Glasspane: Choose Model…”).",
      );
    }
    const kernel = await api.kernels.getKernel(this.notebook);
    if (kernel === undefined) {
      throw GlasspaneFailure.of(
        "kernel_not_found",
        "No kernel that Glasspane may use is running for this notebook.",
        "Run a cell so that its kernel starts (and allow Glasspane when the Jupyter extension asks), then explain again.",
      );
    }
    if (kernel.language !== "python") {
      throw GlasspaneFailure.of(
        "not_python",
        `This kernel runs ${kernel.language}, and Glasspane explains models that live in Python.`,
        "Use a Python kernel, or a separate one.",
      );
    }
    return kernel;
  }

  /** Until the kernel is done with a job; or the job is over, and the kernel was seen to do nothing about it. */
  private async turn(job: KernelJob, code: string): Promise<void> {
    const over = new AbortController();
    const asked: { kernel?: JupyterKernel } = {};
    const run = this.run(job, code, asked).finally(() => over.abort());
    await Promise.race([run, untilLost(job, asked, over.signal)]);
  }

  private async run(job: KernelJob, code: string, asked: { kernel?: JupyterKernel }): Promise<void> {
    const source = new vscode.CancellationTokenSource();
    try {
      if (job.cancelled) return;
      // Asked for anew: while the job waited, the kernel may have been replaced.
      const kernel = await this.kernel();
      const busy = kernel.status === "busy";
      job.change({ ahead: 0, ...(busy ? { status: "waiting_for_kernel", kernel_busy: true } : {}) });
      if (job.cancelled) return;
      asked.kernel = kernel;
      // To the end, though the answer is there: the next job starts when the kernel is done with this one.
      for await (const output of kernel.executeCode(code, source.token)) read(output, job);
      if (!hasEnded(job.snapshot)) job.end(RESTARTED);
    } catch (problem) {
      if (problem instanceof GlasspaneFailure) return job.end(problem.result);
      this.log.error("The Jupyter extension did not run a request.", nameOf(problem));
      const refused = problem instanceof Error && problem.name === "vscode.jupyter.apiAccessRevoked";
      job.end(refused ? REFUSED : RESTARTED);
    } finally {
      source.dispose();
      await job.cleanUp();
      // Whoever follows has it by now, or never will.
      setTimeout(() => this.jobs.delete(job.id), 60_000).unref();
    }
  }
}

async function untilLost(
  job: KernelJob,
  asked: { readonly kernel?: JupyterKernel },
  over: AbortSignal,
): Promise<void> {
  while (!hasEnded(job.snapshot)) await job.next();
  for (let quiet = 0; quiet < LOST_MS && !over.aborted; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    quiet = asked.kernel?.status === "busy" ? 0 : quiet + LOOK_MS;
  }
}

/** Of an error its name alone: what it says may hold a prompt. */
function nameOf(problem: unknown): string {
  return problem instanceof Error ? problem.name : typeof problem;
}

/** Progress, the answer, or what Python said instead. */
function read({ items }: JupyterOutput, job: KernelJob): void {
  for (const { mime, data } of items) {
    if (mime === PROGRESS_MIME_TYPE) {
      const progress = json(data) as Progress | null;
      if (progress !== null) job.change({ status: "running", progress });
    } else if (mime === ANSWER_MIME_TYPE) {
      const answer = json(data) as Result | null;
      job.end(answer ?? NOT_UNDERSTOOD);
    } else if (mime === ERROR_MIME) {
      // The traceback shows the code that was run, and with it the prompt: its name must do.
      const { name } = (json(data) ?? {}) as { name?: unknown };
      job.end(
        name === "KeyboardInterrupt"
          ? CANCELLED
          : { ...FAILED, detail: typeof name === "string" ? name : null },
      );
    }
  }
}

const ERROR_MIME = vscode.NotebookCellOutputItem.error(new Error()).mime;

function json(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return null;
  }
}

const REFUSED: ErrorResult = errorResult(
  "not_allowed",
  "Glasspane may not use this notebook's kernel.",
  "Allow it with “Jupyter: Manage Access To Jupyter Kernels”, or choose a model that runs elsewhere (“Glasspane: Choose Model…”).",
);
const TOO_LONG: ErrorResult = errorResult(
  "bad_request",
  "The text is too long to be sent: no model reads so much.",
  "Select a shorter part of it, then explain that.",
);
const CANCELLED: ErrorResult = errorResult("cancelled", "The job was cancelled.", "Run it again.");
const RESTARTED: ErrorResult = errorResult(
  "kernel_restarted",
  "The kernel ended or was restarted before it answered.",
  "Run the cells that load your model, then explain again.",
);
const FAILED: ErrorResult = errorResult(
  "internal",
  "Glasspane could not be run in this kernel.",
  "Restart the kernel and run again; “Glasspane: Doctor” says what is in place.",
);
const NOT_UNDERSTOOD: ErrorResult = errorResult(
  "glasspane_too_old",
  "The Glasspane in this kernel did not understand the request.",
  "Update glasspane in the kernel's environment, restart the kernel and run again.",
);
