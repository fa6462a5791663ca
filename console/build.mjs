// Builds the page into the Python package, and writes beside it a digest of what it was built from.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync, copyFileSync, mkdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "telemetry_server", "console");

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? files(join(folder, each.name)) : [join(folder, each.name)]);
}

// As tests/test_console.py works it out: path, size and bytes of each source, in the order of the paths.
function digest() {
  const parts = ["build.mjs", "package.json", "package-lock.json", "page.html", "tsconfig.json"];
  const sources = [...parts.map((name) => join(here, name)), ...files(join(here, "src")), ...files(join(here, "styles"))];
  const named = sources.map((path) => [relative(here, path).split(sep).join("/"), readFileSync(path)]);
  named.sort(([one], [other]) => (one < other ? -1 : 1));
  const hash = createHash("sha256");
  for (const [name, bytes] of named) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}

mkdirSync(target, { recursive: true });
const shared = { bundle: true, minify: true, target: "es2022", charset: "utf8", legalComments: "inline", logLevel: "warning" };
await build({ ...shared, entryPoints: [join(here, "src", "main.ts")], format: "esm", outfile: join(target, "page.js") });
await build({ ...shared, entryPoints: [join(here, "styles", "page.css")], outfile: join(target, "page.css") });
copyFileSync(join(here, "page.html"), join(target, "page.html"));
writeFileSync(join(target, "sources.sha256"), `${digest()}\n`);
