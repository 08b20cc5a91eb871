// SPDX-License-Identifier: Apache-2.0
// The templates of ../templates with nunjucks; see ../bench_templates.py for what is asked and answered.
// Besides the engine: the filters items and tojson, which nunjucks does not have, and default and truncate
// as Jinja has them.
"use strict";
const fs = require("fs");
const readline = require("readline");
const nunjucks = require(process.argv[3]);

const folder = process.argv[2];
const loaded = new Map();

function environment() {
  const env = new nunjucks.Environment(null, { autoescape: false });
  env.addFilter("items", (object) => Object.entries(object));
  env.addFilter("tojson", (value) => JSON.stringify(value));
  env.addFilter("default", (value, other, isFalsy) =>
    value === undefined || (isFalsy && !value) ? other : value);
  env.addFilter("truncate", (text, length) => {
    if (text.length <= length + 5) return text;
    const cut = text.slice(0, length - 3);
    const at = cut.lastIndexOf(" ");
    return (at < 0 ? cut : cut.slice(0, at)) + "...";
  });
  return env;
}

function workload(name) {
  if (!loaded.has(name)) {
    loaded.set(name, {
      source: fs.readFileSync(`${folder}/${name.split("-")[0]}.j2`, "utf8"),
      context: JSON.parse(fs.readFileSync(`${folder}/${name}.json`, "utf8")),
    });
  }
  return loaded.get(name);
}

// CPU time of one call, in a turn of at least 20 ms.
function turn(work) {
  for (let rounds = 1; ; rounds *= 2) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; i++) work();
    const took = process.cpuUsage(start);
    if (took.user + took.system >= 20000) return (took.user + took.system) / rounds;
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, name] = line.split(" ");
  const { source, context } = workload(name.toLowerCase());
  const env = environment();
  const compiled = new nunjucks.Template(source, env, null, true);
  const works = {
    render: () => compiled.render(context),
    compile: () => new nunjucks.Template(source, env, null, true),
    oneshot: () => new nunjucks.Template(source, env, null, true).render(context),
  };
  console.log(what === "output" ? JSON.stringify(compiled.render(context)) : turn(works[what]));
});
