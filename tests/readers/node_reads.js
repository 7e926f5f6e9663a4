// Runs programs and tells which keys of the environment they looked up, one line of JSON each.
//
// node node_reads.js FOLDER: every file in it is a program, `.cjs` or `.mjs`. They run one after the other, each in an
// environment that answers every look and writes it down.
const fs = require("fs");
const path = require("path");
const module_ = require("module");

async function run(file) {
  const looked = new Set();
  const values = {};
  const own = (key) => typeof key === "string" && /^K\d/.test(key);
  process.env = new Proxy(values, {
    get(_, key) {
      if (own(key) && !(key in values)) looked.add(key);
      return values[key];
    },
    has(_, key) {
      if (own(key)) looked.add(key);
      return key in values;
    },
  });
  module_.syncBuiltinESMExports();
  const said = {};
  try {
    if (file.endsWith(".mjs")) await import(file);
    else require(file);
  } catch (error) {
    said.error = String(error);
  }
  said.keys = [...looked].sort();
  return JSON.stringify(said);
}

(async () => {
  const root = process.argv[2];
  const lines = [];
  for (const name of fs.readdirSync(root).sort()) lines.push(await run(path.join(root, name)));
  fs.writeSync(1, lines.join("\n") + "\n");
})();
