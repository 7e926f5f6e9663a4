//! Python programs, run in an environment that writes down every look.
use std::collections::BTreeSet;

use super::case::{cases, read};
use super::random::{Random, SEED};
use super::run::{installed, run};

type Files = Vec<(String, String)>;

fn python() -> std::path::PathBuf {
    installed("code-python/bin/python")
}

/// Runs programs, and holds what each one looked up to what we say of it. `K1` and its like are the keys that count.
fn compare(programs: &[Files]) {
    let numbered = |(index, files): (usize, &Files)| {
        files.iter().map(|(path, text)| (format!("{index:05}/{path}"), text.clone())).collect::<Files>()
    };
    let files: Files = programs.iter().enumerate().flat_map(numbered).collect();
    let mut wrong = Vec::new();
    for (files, mut asked) in programs.iter().zip(run(python(), "python_reads.py", &files, programs.len())) {
        asked.keys.retain(|key| !is_of_a_library(key));
        let all = read(files);
        let reads = || all.iter().flat_map(|of_file| &of_file.reads);
        let names = |fold: bool| {
            let fold = move |name: &String| if fold { name.to_lowercase() } else { name.clone() };
            reads().flat_map(move |read| {
                read.names.iter().map(move |name| if read.ignores_case { fold(name) } else { name.clone() })
            })
        };
        let ours: BTreeSet<String> = names(true).collect();
        let parts: BTreeSet<String> = reads()
            .filter_map(|read| Some((read, read.delimiter.as_ref()?)))
            .flat_map(|(read, delimiter)| read.names.iter().map(move |name| format!("{name}{delimiter}")))
            .map(|part| part.to_lowercase())
            .collect();
        let real_parts: BTreeSet<String> = asked.parts.iter().map(|part| part.to_lowercase()).collect();
        let computed = all.iter().any(|reads| !reads.computed.is_empty());
        let same = if computed { ours.is_subset(&asked.keys) } else { ours == asked.keys };
        if !same
            || !real_parts.is_subset(&parts)
            || asked.error.as_deref().is_some_and(|error| !error.starts_with("Validation"))
        {
            let text: String = files.iter().map(|(path, text)| format!("-- {path} --\n{text}")).collect();
            wrong.push(format!("{text}ours {ours:?} {parts:?} computed {computed}\nreal {asked:?}"));
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

/// A module of settings classes, one derived from another now and then, and a look at each.
fn settings(random: &mut Random) -> String {
    let is_one = random.one_in(4);
    let import = if is_one {
        "from pydantic.v1 import BaseModel, BaseSettings, Field"
    } else {
        "from pydantic import AliasChoices, AliasPath, BaseModel, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict"
    };
    let mut text = format!(
        "from typing import Annotated, ClassVar, Optional, Union, Any\nfrom enum import Enum\n{import}\n"
    );
    text += "class Kind(str, Enum):\n    a = 'a'\nclass Part(BaseModel):\n    host: str = 'x'\n    port: int = 1\nPREFIX = 'pre_'\n";
    let classes = 1 + random.below(4);
    for class in 0..classes {
        let base = if class > 0 && random.one_in(2) {
            format!("S{}", random.below(class))
        } else {
            "BaseSettings".into()
        };
        let config = options(random, is_one);
        let by_keyword = !config.is_empty() && random.one_in(4);
        text += &if by_keyword {
            format!("class S{class}({base}, {}):\n", config.join(", "))
        } else {
            format!("class S{class}({base}):\n")
        };
        if !by_keyword && !config.is_empty() {
            text += &match (is_one || random.one_in(4), random.one_in(3)) {
                (true, _) => format!(
                    "    class Config:\n{}",
                    config
                        .iter()
                        .map(|one| format!("        {}\n", one.replace('=', " = ")))
                        .collect::<String>()
                ),
                (_, true) => format!(
                    "    model_config = {{{}}}\n",
                    config
                        .iter()
                        .map(|one| {
                            let (key, value) = one.split_once('=').unwrap();
                            format!("'{key}': {value}")
                        })
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                _ => format!("    model_config = SettingsConfigDict({})\n", config.join(", ")),
            };
        }
        text += "    own: ClassVar[str] = 'x'\n    _hidden: str = 'x'\n";
        for number in 0..=random.below(5) {
            let name = format!("{}_{class}{number}", random.pick(&["url", "Key", "PORT"]));
            text += &field(random, is_one, &name);
        }
    }
    for class in 0..classes {
        text += &format!(
            "try:\n    S{class}()\nexcept Exception as error:\n    assert 'ValidationError' in str(type(error)), error\n"
        );
    }
    text
}

#[test]
fn settings_look_up_what_is_said() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let programs: Vec<Files> =
        (0..120).map(|_| vec![("main.py".to_owned(), settings(&mut random))]).collect();
    compare(&programs);
}

/// The settings of a settings class.
fn options(random: &mut Random, is_one: bool) -> Vec<String> {
    let mut config = Vec::new();
    if random.one_in(2) {
        config.push(format!("env_prefix={}", random.pick(&["'App_'", "PREFIX", "''", "f'{PREFIX}x_'"])));
    }
    if random.one_in(3) {
        config.push(format!("case_sensitive={}", random.pick(&["True", "False"])));
    }
    if random.one_in(3) {
        config.push("env_nested_delimiter='__'".into());
    }
    if !is_one && random.one_in(4) {
        config.push(format!("{}=True", random.pick(&["populate_by_name", "validate_by_name"])));
    }
    if !is_one && random.one_in(4) {
        config.push(format!("env_prefix_target='{}'", random.pick(&["variable", "alias", "all"])));
    }
    config
}

/// One field of a settings class.
fn field(random: &mut Random, is_one: bool, name: &str) -> String {
    match random.below(if is_one { 7 } else { 13 }) {
        0 => format!("    {name}: str\n"),
        1 => format!("    {name}: Optional[int] = None\n"),
        2 => format!("    {name}: str = Field('x')\n"),
        3 => format!("    {name}: Kind = Kind.a\n"),
        4 => format!("    {name}: Part = Part()\n"),
        5 => format!("    {name}: list = []\n    @property\n    def p_{name}(self): return self.{name}\n"),
        6 if is_one => {
            format!("    {name}: str = Field('x', env={})\n", random.pick(&["'ENV_A'", "['ENV_B', 'env_c']"]))
        }
        6 => format!("    {name}: str = Field(alias='Alias_{name}')\n"),
        7 => format!("    {name}: str = Field(validation_alias='V_{name}', alias='A_{name}')\n"),
        8 => format!("    {name}: str = Field(validation_alias=AliasChoices('C_{name}', 'D_{name}'))\n"),
        9 => format!("    {name}: list = Field(validation_alias=AliasPath('P_{name}', 0))\n"),
        10 => format!("    {name}: Annotated[str, Field(alias='N_{name}')] = 'x'\n"),
        11 => format!("    {name}: Union[Part, None] = None\n"),
        _ => {
            format!("    {name}: str = Field(default_factory=str, serialization_alias='S_{name}')\n")
        }
    }
}
