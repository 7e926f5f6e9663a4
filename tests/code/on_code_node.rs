//! JavaScript programs, run in an environment that writes down every look.
use std::collections::BTreeSet;

use super::case::{cases, read};
use super::random::{Random, SEED};
use super::run::run;

fn compare(programs: &[(String, String)]) {
    let files: Vec<_> = programs
        .iter()
        .enumerate()
        .map(|(index, (path, text))| (format!("{index:05}-{path}"), text.clone()))
        .collect();
    let mut wrong = Vec::new();
    for (program, looked) in programs.iter().zip(run("node", "node_reads.js", &files, programs.len())) {
        let all = read(std::slice::from_ref(program));
        let names = all.iter().flat_map(|reads| &reads.reads).flat_map(|read| read.names.clone());
        let ours: BTreeSet<String> = names.collect();
        let computed = all.iter().any(|reads| !reads.computed.is_empty());
        let same = if computed { ours.is_subset(&looked.keys) } else { ours == looked.keys };
        if !same || looked.error.is_some() {
            wrong.push(format!(
                "-- {} --\n{}ours {ours:?} computed {computed}\nreal {looked:?}",
                program.0, program.1
            ));
        }
    }
    let shown: Vec<_> = wrong.iter().take(5).cloned().collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), programs.len(), shown.join("\n\n"));
}

#[test]
fn programs_look_up_what_is_said() {
    let programs: Vec<_> =
        cases(include_str!("cases/programs_node.txt")).into_iter().flat_map(|case| case.files).collect();
    assert!(programs.len() >= 15, "{}", programs.len());
    compare(&programs);
}

/// Statements that read; `K#` is a key of its own, `#` a number.
const STATEMENTS: &[&str] = &[
    "process.env.K#;",
    "process.env['K#'] || 'x';",
    "const { K#, K#1: b#, K#2 = 'x' } = process.env;",
    "process.env.K# = '1';",
    "delete process.env.K#;",
    "process.env.K# ??= 'x';",
    "const k# = 'K#'; process.env[k#];",
    "const p# = 'K'; process.env[`${p#}#`];",
    "for (const key of ['K#', 'K#3']) process.env[key];",
    "['K#'].forEach((key) => { if (!process.env[key]) return; });",
    "function f#(name, fallback) { return process.env[name] ?? fallback; } f#('K#'); f#('K#4', 'x');",
    "const g# = (name) => process.env[name]; g#('K#');",
    "{ const e# = process.env; e#.K#; e#['K#5']; }",
    "'K#' in process.env;",
    "/K[\"'`]#/.test(process.env.K#);",
    "`a ${process.env.K#} ${`b ${process.env['K#6']}`}`;",
    "(function (env = process.env) { return env.K#; })();",
    "1 / 2 / Number(process.env.K#) / 3;",
    "const s# = 'process.env.K#'; // process.env.K#",
    "if (process.env.K# === 'x' || process?.env?.K#7 != 1) {}",
    "const { env: own# } = process; own#.K#;",
];

#[test]
fn random_programs_look_up_what_is_said() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let mut programs = Vec::new();
    for program in 0..400 {
        let mut text = String::new();
        for statement in 0..=random.below(6) {
            let code =
                STATEMENTS[random.below(STATEMENTS.len())].replace('#', &format!("{program}0{statement}"));
            text += &match random.below(4) {
                0 => format!("(function own() {{\n  {code}\n}})();\n"),
                1 => format!("if (true) {{ {code}\n}}\n"),
                _ => format!("{code}\n"),
            };
        }
        programs.push(("main.cjs".to_owned(), text));
    }
    compare(&programs);
}
