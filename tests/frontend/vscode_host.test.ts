/** Truth: a notebook that was open when its model was chosen, and is closed by now. */
import { beforeEach, expect, test, vi } from "vitest";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { EditorHost } = await import("../../extension_frontend/vscode/src/host.js");
type Given = ConstructorParameters<typeof EditorHost>;

beforeEach(() => desk.clear());

test("the kernel of a closed notebook is not looked for on the server", async () => {
  const start = vi.fn();
  const host = new EditorHost(...([{ client: { start } }, {}, {}, "0.1.0"] as unknown as Given));
  const address = "file:///home/me/model.ipynb";
  await expect(host.runningKernel(address).start({ kind: "subjects" })).rejects.toMatchObject({
    result: { code: "kernel_not_found", message: expect.stringContaining("model.ipynb") },
  });
  expect(start).not.toHaveBeenCalled();
  start.mockResolvedValue({ id: "j" });
  await host.runningKernel("0f3c-11").start({ kind: "subjects" });
  expect(start).toHaveBeenCalledExactlyOnceWith({
    place: { place: "kernel", kernel_id: "0f3c-11" },
    request: { kind: "subjects" },
  });
});

test("the log has an error's name and where it came from, and no prompt", () => {
  const error = vi.fn();
  const host = new EditorHost(...([{}, {}, { error }, "0.1.0"] as unknown as Given));
  host.unforeseen(new RangeError("no room for\n    at My secret prompt"));
  host.unforeseen("My secret prompt");
  const [[first], [second]] = error.mock.calls as [[string], [string]];
  expect(first).toMatch(/^RangeError\n\s+at .*vscode_host\.test/);
  expect(first + second).not.toContain("secret");
});
