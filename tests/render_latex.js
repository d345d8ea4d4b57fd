// Renders each line of a file with KaTeX in strict mode; prints what fails, and the version.
const katex = require("katex");
const lines = require("fs").readFileSync(process.argv[2], "utf8").split("\n");
const formulas = lines.filter((line) => line && !line.startsWith("%"));
let failed = 0;
for (const formula of formulas) {
  try {
    katex.renderToString(formula, { displayMode: true, throwOnError: true, strict: "error" });
  } catch (error) {
    failed += 1;
    console.log(`${formula}\n    ${error.message}`);
  }
}
console.log(`KaTeX ${katex.version}: ${formulas.length} formulas, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
