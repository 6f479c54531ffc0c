/** Truth: a kernel that answers when told to, and the order in which it is asked. */
import { ANSWER_MIME_TYPE, type JobSnapshot, PROGRESS_MIME_TYPE, type Request } from "@glasspane/core";
import { beforeEach, expect, test, vi } from "vitest";
import { desk, Uri } from "./vscode_stand_in.js";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
type Item = { mime: string; data: Uint8Array };

/** A kernel whose cells display what `say` gives them, and end with `end`. */
class PlantedKernel {
  status = "idle";
  readonly language = "python";
  readonly cells: { code: string; say: (mime: string, value: unknown) => void; end: () => void }[] = [];

  executeCode(code: string): AsyncIterable<{ items: Item[] }> {
    const outputs: { items: Item[] }[] = [];
    let ended = false;
    let wake = () => {};
    this.cells.push({
      code,
      say: (mime, value) => {
        outputs.push({ items: [{ mime, data: encode(value) }] });
        wake();
      },
      end: () => {
        ended = true;
        wake();
      },
    });
    return (async function* () {
      for (;;) {
        const next = outputs.shift();
        if (next !== undefined) yield next;
        else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })();
  }
}

let kernel: PlantedKernel;
vi.mock("vscode", () => import("./vscode_stand_in.js"));
vi.mock("../../extension_frontend/vscode/src/jupyter_api.js", () => ({
  hasJupyter: () => true,
  jupyterApi: async () => ({ kernels: { getKernel: async () => kernel } }),
}));
const { NotebookKernel } = await import("../../extension_frontend/vscode/src/notebook_kernel.js");
type Given = ConstructorParameters<typeof NotebookKernel>;

const ASKED: Request = { kind: "hello" };
const SUBJECTS = { kind: "subjects", candidates: [], tokenizers: [] };
const log = { error: vi.fn() };

function runner() {
  const permission = { explain: async () => undefined };
  return new NotebookKernel(
    Uri.parse("file:///a.ipynb") as unknown as Given[0],
    permission as unknown as Given[1],
    log as unknown as Given[2],
    "0.1.0",
  );
}

/** What is heard of a job, its last word first. */
function heard(notebook: InstanceType<typeof NotebookKernel>, { id }: JobSnapshot) {
  const snapshots: JobSnapshot[] = [];
  const end = notebook.follow(id, (snapshot) => snapshots.push(snapshot));
  return { snapshots, end, last: () => snapshots.at(-1) };
}

beforeEach(() => {
  desk.clear();
  kernel = new PlantedKernel();
});

test("jobs run one after the other, and each hears how many are ahead of it", async () => {
  const notebook = runner();
  const jobs: ReturnType<typeof heard>[] = [];
  for (let count = 0; count < 3; count += 1) jobs.push(heard(notebook, await notebook.start(ASKED)));
  await vi.waitFor(() => expect(kernel.cells).toHaveLength(1));
  expect(jobs.map(({ last }) => last()?.ahead)).toEqual([0, 1, 2]);
  for (const [at, job] of jobs.entries()) {
    await vi.waitFor(() => expect(kernel.cells).toHaveLength(at + 1));
    kernel.cells[at]?.say(ANSWER_MIME_TYPE, SUBJECTS);
    expect((await job.end).result).toEqual(SUBJECTS);
    kernel.cells[at]?.end();
    await vi.waitFor(() =>
      expect(jobs.slice(at + 1).map(({ last }) => last()?.ahead)).toEqual([0, 1].slice(0, 2 - at)),
    );
  }
});

test("a waiting job that is cancelled is not sent, and those behind it move up", async () => {
  const notebook = runner();
  const [first, second, third] = [
    await notebook.start(ASKED),
    await notebook.start(ASKED),
    await notebook.start(ASKED),
  ];
  const behind = heard(notebook, third);
  await notebook.cancel(second.id);
  expect((await heard(notebook, second).end).status).toBe("cancelled");
  await vi.waitFor(() => expect(behind.last()?.ahead).toBe(1));
  const one = heard(notebook, first);
  kernel.cells[0]?.say(ANSWER_MIME_TYPE, SUBJECTS);
  kernel.cells[0]?.end();
  await one.end;
  await vi.waitFor(() => expect(kernel.cells).toHaveLength(2));
  kernel.cells[1]?.say(ANSWER_MIME_TYPE, SUBJECTS);
  kernel.cells[1]?.end();
  expect((await behind.end).status).toBe("done");
});

test("a busy kernel is waited for; progress shows that it has begun", async () => {
  kernel.status = "busy";
  const notebook = runner();
  const job = heard(notebook, await notebook.start(ASKED));
  await vi.waitFor(() =>
    expect(job.last()).toMatchObject({ status: "waiting_for_kernel", kernel_busy: true }),
  );
  const progress = { kind: "progress", job: "j", fraction: 0.5, stage: "halfway", partial: null };
  await vi.waitFor(() => expect(kernel.cells).toHaveLength(1));
  kernel.cells[0]?.say(PROGRESS_MIME_TYPE, progress);
  await vi.waitFor(() => expect(job.last()).toMatchObject({ status: "running", progress }));
  kernel.cells[0]?.end();
  expect((await job.end).result).toMatchObject({ code: "kernel_restarted" });
});

test("what no kernel would ever receive is not sent, and says what to do", async () => {
  const notebook = runner();
  // Characters beyond ASCII take ten: it is what travels that counts.
  for (const output of ["a".repeat(5 << 20), "é".repeat(1 << 19)]) {
    const request: Request = { kind: "output_prompt", output, candidates: [] };
    await expect(notebook.start(request)).rejects.toMatchObject({
      result: { code: "bad_request", next_step: expect.stringContaining("shorter part") },
    });
  }
  const after = heard(notebook, await notebook.start(ASKED));
  await vi.waitFor(() => expect(kernel.cells).toHaveLength(1));
  kernel.cells[0]?.say(ANSWER_MIME_TYPE, SUBJECTS);
  expect((await after.end).status).toBe("done");
});

test("a cancelled job that the kernel never answers keeps nobody waiting", async () => {
  vi.useFakeTimers();
  try {
    const notebook = runner();
    const lost = await notebook.start(ASKED);
    const behind = heard(notebook, await notebook.start(ASKED));
    await vi.advanceTimersByTimeAsync(10);
    expect(kernel.cells).toHaveLength(1);
    // While the kernel works, it may yet be told to stop.
    kernel.status = "busy";
    await notebook.cancel(lost.id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kernel.cells).toHaveLength(1);
    kernel.status = "idle";
    await vi.advanceTimersByTimeAsync(5_000);
    expect(kernel.cells).toHaveLength(2);
    kernel.cells[1]?.say(ANSWER_MIME_TYPE, SUBJECTS);
    expect((await behind.end).status).toBe("done");
    // It comes late, and does not come true.
    kernel.cells[0]?.end();
  } finally {
    vi.useRealTimers();
  }
});
