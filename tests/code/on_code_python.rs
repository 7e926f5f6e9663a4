//! Python programs, run in an environment that writes down every look.
use std::collections::BTreeSet;

use super::case::{cases, read};
use super::classes::settings;
use super::random::{Random, SEED};
use super::run::{installed, run};

type Files = Vec<(String, String)>;

fn python() -> std::path::PathBuf {
    installed("code-python/bin/python")
}

/// Runs programs, and holds what each one looked up to what we say of it. `K1` and its like are the keys that count.
fn compare(programs: &[Files]) {
    let named = |(index, files): (usize, &Files)| {
        files.iter().map(|(path, text)| (format!("{index:05}/{path}"), text.clone())).collect::<Files>()
    };
    let files: Files = programs.iter().enumerate().flat_map(named).collect();
    let mut wrong = Vec::new();
    for (files, mut looked) in programs.iter().zip(run(python(), "python_reads.py", &files, programs.len())) {
        looked.keys.retain(|key| !is_of_a_library(key));
        let all = read(files);
        let reads = || all.iter().flat_map(|reads| &reads.reads);
        let looked_up = |fold: bool| {
            let fold = move |name: &String| if fold { name.to_lowercase() } else { name.clone() };
            reads().flat_map(move |read| {
                read.names.iter().map(move |name| if read.ignores_case { fold(name) } else { name.clone() })
            })
        };
        let ours: BTreeSet<String> = looked_up(true).collect();
        let parts: BTreeSet<String> = reads()
            .filter_map(|read| Some((read, read.delimiter.as_ref()?)))
            .flat_map(|(read, delimiter)| read.names.iter().map(move |name| format!("{name}{delimiter}")))
            .map(|part| part.to_lowercase())
            .collect();
        let real_parts: BTreeSet<String> = looked.parts.iter().map(|part| part.to_lowercase()).collect();
        let computed = all.iter().any(|reads| !reads.computed.is_empty());
        let same = if computed { ours.is_subset(&looked.keys) } else { ours == looked.keys };
        if !same
            || !real_parts.is_subset(&parts)
            || looked.error.as_deref().is_some_and(|error| !error.starts_with("Validation"))
        {
            let text: String = files.iter().map(|(path, text)| format!("-- {path} --\n{text}")).collect();
            wrong.push(format!("{text}ours {ours:?} {parts:?} computed {computed}\nreal {looked:?}"));
        }
    }
    let shown: Vec<_> = wrong.iter().take(5).cloned().collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), programs.len(), shown.join("\n\n"));
}

/// What the libraries look up for themselves.
fn is_of_a_library(key: &str) -> bool {
    ["PYDANTIC_", "TYPER_", "LANG", "LC_"].iter().any(|start| key.starts_with(start))
        || key.ends_with("_COMPLETE")
}

#[test]
fn programs_look_up_what_is_said() {
    let programs: Vec<Files> =
        cases(include_str!("cases/programs_python.txt")).into_iter().map(|case| case.files).collect();
    assert!(programs.len() >= 15, "{}", programs.len());
    compare(&programs);
}

/// Statements that read, each in the scope of others; `K#` is a key of its own.
const STATEMENTS: &[&str] = &[
    "os.environ['K#']",
    "os.environ.get('K#', 'x')",
    "x# = o.environ['K#'] if 'K#' in env else os.getenv('K#')",
    "g('K#')",
    "env['K#'] = '1'",
    "key = 'K#'\nos.environ[key]",
    "name# = f'{PREFIX}#'\nenv.get(name#)",
    "for key in ['K#', 'K#1']:\n    os.getenv(key)",
    "[os.environ.get(k) for k in ('K#', PREFIX + '#2')]",
    "TABLE# = {'K#': 1}\nfor key, default in TABLE#.items():\n    os.environ.get(key, default)",
    "def f#(key, default=None):\n    return os.environ.get(key, default)\nf#('K#')\nf#(key='K#3', default='x')",
    "class C#:\n    KEY = 'K#'\n    value = os.environ[KEY]\n    def f(self):\n        return os.environ[self.KEY + '4']\nC#().f()",
    "copy# = os.environ.copy()\ncopy#['K#'] = '1'\ncopy#.get('K#5')",
    "(lambda: os.environ['K#'])()",
    "def h#():\n    key = 'K#'\n    if key in os.environ:\n        return os.environ[key]\nh#()",
    "def i#(environ=os.environ):\n    return environ['K#']\ni#()",
    "(os.environ.setdefault('K#', 'x'), os.environ.pop('K#6', None))",
    "try:\n    os.environ['K#']\nexcept KeyError as key:\n    pass",
];

#[test]
fn random_programs_look_up_what_is_said() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let head = "import os\nimport os as o\nfrom os import environ as env, getenv as g\nPREFIX = 'K'\n";
    let mut programs = Vec::new();
    for program in 0..400 {
        let mut text = head.to_owned();
        for statement in 0..=random.below(6) {
            let code =
                STATEMENTS[random.below(STATEMENTS.len())].replace('#', &format!("{program}0{statement}"));
            let inside = |head: &str, tail: String| {
                let body: String = code.lines().map(|line| format!("    {line}\n")).collect();
                format!("{head}\n{body}{tail}")
            };
            text += &match random.below(4) {
                0 => inside(&format!("def own{statement}():"), format!("own{statement}()\n")),
                1 => inside("if True:", String::new()),
                _ => format!("{code}\n"),
            };
        }
        programs.push(vec![("main.py".to_owned(), text)]);
    }
    compare(&programs);
}

#[test]
fn settings_look_up_what_is_said() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let programs: Vec<Files> =
        (0..120).map(|_| vec![("main.py".to_owned(), settings(&mut random))]).collect();
    compare(&programs);
}
