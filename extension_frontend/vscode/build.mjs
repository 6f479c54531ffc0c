// Bundles the extension into dist/. With --package: minified, elsewhere, and packed as dist/glasspane.vsix of the
// repository.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Writes every bundle into a folder; gives back the paths of all files of which something is in them. */
async function bundles(outdir, options) {
  const common = {
    absWorkingDir: here,
    bundle: true,
    outdir,
    logLevel: "warning",
    metafile: true,
    // The core's sources: its own build need not be there, and only what is used comes along.
    alias: { "@glasspane/core": fileURLToPath(new URL("../core/src/index.ts", import.meta.url)) },
    ...options,
  };
  // VS Code 1.82 has Node 18 and Chromium 114.
  const node = { ...common, platform: "node", format: "cjs", target: "node18", external: ["vscode"] };
  const browser = { ...common, platform: "browser", target: "chrome114" };
  const made = await Promise.all([
    build({
      ...node,
      entryPoints: ["src/extension.ts"],
      plugins: [workApart],
      // `require`, which VS Code hands its own modules to; not Node's loader of ES modules.
      supported: { "dynamic-import": false },
    }),
    build({ ...node, entryPoints: ["src/work.ts"] }),
    build({ ...browser, format: "iife", entryPoints: { pane: "src/webview/pane.ts" } }),
    build({ ...browser, entryPoints: { pane: "src/webview/pane.css" } }),
    build({
      ...browser,
      format: "esm",
      entryPoints: { renderer: "src/renderer/output.ts" },
      plugins: [styleAsText(browser)],
    }),
  ]);
  return made
    .flatMap(({ metafile }) => Object.values(metafile.outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

/** Starting must cost nothing: what extension.ts imports lazily stays a file of its own. */
const workApart = {
  name: "work-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/work$/ }, ({ importer }) =>
      basename(importer) === "extension.ts" ? { path: "./work.js", external: true } : null,
    );
  },
};

/** A renderer is one script: its style travels inside, as text. */
function styleAsText(options) {
  return {
    name: "style-as-text",
    setup({ onLoad }) {
      onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { outputFiles } = await build({
          ...options,
          entryPoints: [path],
          write: false,
          sourcemap: false,
        });
        return { contents: outputFiles[0].text, loader: "text" };
      });
    },
  };
}

if (process.argv.includes("--package")) {
  const { packed } = await import("./pack.mjs");
  await packed((folder) => bundles(folder, { minify: true }));
} else await bundles("dist", { sourcemap: "linked" });
