// Packs the extension: a folder is filled with exactly what ships, so nothing has to be left out by a list.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVSIX } from "@vscode/vsce";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const vsix = join(root, "dist", "glasspane.vsix");
const MOST_BYTES = 1_500_000;

/** `bundles` writes the bundles into the folder it is given and says what went into them. */
export async function packed(bundles) {
  const folder = await mkdtemp(join(tmpdir(), "glasspane-vsix-"));
  try {
    const sources = await bundles(join(folder, "dist"));
    for (const name of ["package.json", "README.md", "media", "walkthrough"]) {
      await cp(join(here, name), join(folder, name), { recursive: true });
    }
    for (const name of ["LICENSE", "CHANGELOG.md"]) await cp(join(root, name), join(folder, name));
    await writeFile(join(folder, "THIRD_PARTY.txt"), await notices(sources));
    await mkdir(join(root, "dist"), { recursive: true });
    await createVSIX({
      cwd: folder,
      packagePath: vsix,
      dependencies: false,
      allowMissingRepository: true,
      rewriteRelativeLinks: false,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { size } = await stat(vsix);
  console.log(`dist/glasspane.vsix: ${(size / 1000).toFixed(0)} kB`);
  if (size > MOST_BYTES) throw new Error(`the package is larger than ${MOST_BYTES / 1000} kB`);
}

/** The licences of everything bundled that is not ours. */
async function notices(sources) {
  const names = sources.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const folder = join(root, "node_modules", name);
    const { version, license, homepage } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    // Some packages only name theirs.
    const text = file === undefined ? `See ${homepage}` : await readFile(join(folder, file), "utf8");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  const listed = await Promise.all(texts);
  return listed.length === 0 ? "Nothing of others is bundled.\n" : listed.join(`\n${"─".repeat(80)}\n\n`);
}
