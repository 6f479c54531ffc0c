/** Truth: a planted server that keeps a list of every exchange. */
import { answerTo, type FetchJson, JobClient, type JobSnapshot, runnerAt } from "@glasspane/core";
import { expect, test } from "vitest";

const QUEUED: JobSnapshot = {
  kind: "job",
  id: "j1",
  sequence: 1,
  status: "queued",
  ahead: 0,
  kernel_busy: false,
  progress: null,
  result: null,
  warnings: [],
};

function server(onStart: () => void) {
  const asked: string[] = [];
  const fetchJson: FetchJson = async (path, { method = "GET" } = {}) => {
    asked.push(`${method} ${path}`);
    if (method === "POST") onStart();
    return QUEUED;
  };
  return { asked, client: new JobClient(fetchJson) };
}

test("a job aborted while it is being sent is cancelled, and reported to nobody", async () => {
  const abort = new AbortController();
  const { asked, client } = server(() => abort.abort());
  const seen: JobSnapshot[] = [];
  const watch = { onSnapshot: (snapshot: JobSnapshot) => seen.push(snapshot), signal: abort.signal };
  const answer = answerTo(runnerAt(client, { place: "dedicated" }), { kind: "subjects" }, watch);
  await expect(answer).rejects.toBe(abort.signal.reason);
  expect(asked).toEqual(["POST glasspane/api/jobs", "DELETE glasspane/api/jobs/j1"]);
  expect(seen).toEqual([]);
});

test("what is aborted beforehand is not sent", async () => {
  const { asked, client } = server(() => undefined);
  const signal = AbortSignal.abort();
  await expect(
    answerTo(runnerAt(client, { place: "dedicated" }), { kind: "subjects" }, { signal }),
  ).rejects.toBe(signal.reason);
  expect(asked).toEqual([]);
});
