// SPDX-License-Identifier: Apache-2.0
//! The templates of ../templates with minijinja; see ../bench_templates.py for what is asked and answered.
//! Besides the engine: `truncate` as Jinja has it, which minijinja does not.
use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use minijinja::{context, Environment, Value};

struct Workload {
    source: String,
    context: Value,
}

fn truncate(text: String, length: usize) -> String {
    let (end, leeway) = ("...", 5);
    let count = text.chars().count();
    if count <= length + leeway {
        return text;
    }
    let cut: String = text.chars().take(length - end.len()).collect();
    let kept = cut.rfind(' ').map_or(cut.as_str(), |at| &cut[..at]);
    format!("{kept}{end}")
}

fn environment<'a>() -> Environment<'a> {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.add_filter("truncate", truncate);
    env
}

fn cpu_us() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// CPU time of one call, in a turn of at least 20 ms.
fn turn(mut work: impl FnMut()) -> f64 {
    let mut rounds = 1;
    loop {
        let start = cpu_us();
        for _ in 0..rounds {
            work();
        }
        let took = cpu_us() - start;
        if took >= 20e3 {
            return took / rounds as f64;
        }
        rounds *= 2;
    }
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the workloads");
    let read = |name: String| std::fs::read_to_string(format!("{folder}/{name}")).expect("a workload");
    let mut loaded: BTreeMap<String, Workload> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a command");
        let words: Vec<&str> = line.split(' ').collect();
        let (what, name) = (words[0], words[1].to_lowercase());
        let workload = loaded.entry(name.clone()).or_insert_with(|| {
            let json: serde_json::Value = serde_json::from_str(&read(format!("{name}.json"))).expect("JSON");
            Workload {
                source: read(format!("{}.j2", name.split('-').next().unwrap())),
                context: Value::from_serialize(&json),
            }
        });
        let source = workload.source.clone();
        let data = workload.context.clone();
        match what {
            "output" => {
                let env = environment();
                let text = env.render_str(&source, data).unwrap_or_else(|e| format!("{e:#}"));
                println!("{}", serde_json::to_string(&text).unwrap());
            }
            "render" => {
                let mut env = environment();
                env.add_template("t", &source).expect("a template");
                let template = env.get_template("t").unwrap();
                println!("{}", turn(|| drop(std::hint::black_box(template.render(&data).unwrap()))));
            }
            "compile" => {
                let env = environment();
                println!("{}", turn(|| drop(std::hint::black_box(env.template_from_str(&source).unwrap()))));
            }
            _ => {
                let env = environment();
                println!("{}", turn(|| {
                    let template = env.template_from_str(&source).unwrap();
                    std::hint::black_box(template.render(context! { ..data.clone() }).unwrap());
                }));
            }
        }
        std::io::stdout().flush().unwrap();
    }
}
