// Interpreters and servers as people have them: without the package, with a token, with a running kernel.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PYTHON } from "./shared_workbench.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A folder with the wheel that pip is to find instead of an index; built once. */
export async function wheelFolder() {
  const folder = await mkdtemp(join(tmpdir(), "glasspane-wheel-"));
  const options = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, root];
  await run(PYTHON, ["-m", "pip", ...options]);
  return folder;
}

/** A virtual environment that has every package of the tests' own but one. */
export async function interpreterWithout(name) {
  const folder = await mkdtemp(join(tmpdir(), "glasspane-python-"));
  await run(PYTHON, ["-m", "venv", "--without-pip", join(folder, "venv")]);
  const python = join(folder, "venv", "bin", "python");
  const purelib = ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"];
  const theirs = (await run(PYTHON, purelib)).stdout.trim();
  const packages = (await run(python, purelib)).stdout.trim();
  const farm = join(folder, "packages");
  await mkdir(farm);
  for (const each of await readdir(theirs)) {
    // Path files are read in site-packages only: an editable install stays out of sight.
    if (!each.startsWith(name) && !each.endsWith(".pth")) await symlink(join(theirs, each), join(farm, each));
  }
  await writeFile(join(packages, "others.pth"), `${farm}\n`);
  return { python, packages, folder };
}

/** A Jupyter server with a token; its kernels begin with `startup`. */
export async function tetheredServer(python, { startup }) {
  const folder = await mkdtemp(join(tmpdir(), "glasspane-server-"));
  const profile = join(folder, "profile_default", "startup");
  await mkdir(profile, { recursive: true });
  await writeFile(join(profile, "00-start.py"), startup);
  const token = randomBytes(16).toString("hex");
  const child = spawn(python, ["-m", "glasspane", "serve", "--tethered"], {
    cwd: folder,
    env: { ...process.env, GLASSPANE_TOKEN: token, IPYTHONDIR: folder },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const { url } = JSON.parse(
    await new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
  );
  return {
    url,
    token,
    startKernel: (name) =>
      fetch(`${url}api/sessions`, {
        method: "POST",
        headers: { Authorization: `token ${token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ name, path: name, type: "notebook", kernel: { name: "python3" } }),
      }),
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
