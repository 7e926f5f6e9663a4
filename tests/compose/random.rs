//! Random projects from pieces that have been read differently before.
use crate::case::Case;

pub(crate) const SEED: u64 = 0x7472_7565_7570;

/// The `SplitMix64` generator: the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

const KEYS: &[&str] = &["A", "B", "LOG_LEVEL", "a.b", "X_1"];

const SCALARS: &[&str] = &[
    "1",
    "1.10",
    "1.0",
    "010",
    "08",
    "0o17",
    "0x1F",
    "1_000",
    "1e3",
    "1e6",
    "1e21",
    "-0",
    "+5",
    "yes",
    "on",
    "True",
    "false",
    "null",
    "~",
    "''",
    "\"\"",
    "'1'",
    "x y",
    "12:30",
    "2024-01-05",
    "2024-1-5T1:2:3Z",
    "2024-13-01",
    "1.5.2",
    "0.000001",
    "123456.5",
    "1234567.5",
    "99999999999999999999",
    "-9223372036854775808",
    "\"a\\tb\"",
    "'it''s'",
    "a#b",
    "a: b",
    "!!str 5",
    "!!int '5'",
    "*v",
    "|-\n          text\n          more",
    ">\n          folded\n          text",
    "-1_0",
    "0b101",
    "1.",
    ".5",
    "._5",
    "1e",
    "0x",
    "<<",
    "=",
    "%a",
    "@a",
    "1__2",
    "0_1",
    "9_",
    "+0x1f",
    "-0b1",
];

const TEMPLATES: &[&str] = &[
    "$SET",
    "${SET}",
    "${UNSET}",
    "$UNSET",
    "${EMPTY}",
    "${SET:-d}",
    "${UNSET:-d}",
    "${EMPTY:-d}",
    "${EMPTY-d}",
    "${UNSET-d}",
    "${SET:+r}",
    "${EMPTY:+r}",
    "${EMPTY+r}",
    "${UNSET+r}",
    "${SET:?m}",
    "${SET?m}",
    "${EMPTY?m}",
    "${UNSET:-${SET}}",
    "${UNSET:-${EMPTY:-x}}",
    "${UNSET:-a}${SET:-b}",
    "${SET}-${UNSET:-b}",
    "$$SET",
    "$${SET}",
    "$$$SET",
    "a$",
    "$5",
    "$ x",
    "${UNSET:-}",
    "${UNSET:-$$}",
    "${UNSET:-a:b}",
    "${UNSET:-{}}",
    "${UNSET:-{a}}",
    "${UNSET-x:-y}",
    "${UNSET:-x?y}",
    "${SET:-}}",
    "${UNSET:-}}",
    "pre${SET}post",
    "${set}",
    "$SETx",
    "${SET:+${EMPTY:-n}}",
    "${UNSET:-a b}",
    "${EMPTY:?m}",
    "${UNSET?m}",
    "${UNSET:?need ${SET}}",
    "${",
    "${}",
    "${1}",
    "${SET",
    "${SET:}",
    "${SET!}",
    "${SE T}",
    "${UNSET:-{}",
    "${UNSET:-{a}",
];

const PORTS: &[&str] = &[
    "80",
    "\"80\"",
    "8080:80",
    "\"8080:80\"",
    "\"127.0.0.1:8080:80\"",
    "\"8000-8002:80-82\"",
    "\"8000-8002:80\"",
    "\"80-82\"",
    "\"53:53/udp\"",
    "\"[::1]:80:80\"",
    "\":80\"",
    "\"${UNSET:-81}:80\"",
    "\"8080:80/TCP\"",
    "22:22",
    "{target: 80}",
    "{target: 80, published: 8080}",
    "{target: 80, published: \"8080\"}",
    "{target: 80, published: \"8080\", host_ip: 127.0.0.1, protocol: tcp, mode: host}",
    "\"80/sctp\"",
    "{target: 53, published: \"53\", protocol: udp}",
    "\"127.0.0.1::80\"",
    "\"8080:81\"",
    "\"0.0.0.0:8080:80\"",
];

const VOLUMES: &[&str] = &[
    "data:/data",
    "./data:/data",
    "/host:/data:ro",
    "../up:/up",
    "/anon",
    "data:/data/:ro",
    "~/x:/home",
    "a:/b:rw,z",
    "{type: bind, source: ./src, target: /src}",
    "{type: volume, source: data, target: /data, read_only: true}",
    "{type: tmpfs, target: /tmp}",
    "${UNSET:-./d}:/d",
    "./a/../b:/b",
    "C:\\\\x:/x",
    "{type: volume, target: /anon}",
];

const ENV_FILES: &[&str] = &["a.env", "./a.env", "conf/b.env", "{path: c.env, required: false}", "/abs.env"];

fn value(random: &mut Random) -> String {
    match random.below(10) {
        0..=4 => random.one(SCALARS).to_owned(),
        5 => format!("'{}'", template(random)),
        6 => format!("\"{}\"", template(random)),
        7 => format!("\"{}{}\"", template(random), template(random)),
        8 => format!("|-\n          {}\n          {}", template(random), template(random)),
        _ => format!("\"{}\\x41\"", template(random)),
    }
}

fn template(random: &mut Random) -> &'static str {
    // most of these are taken by the reader
    let last = if random.chance(4) { TEMPLATES.len() } else { 40 };
    TEMPLATES[random.below(last as u64) as usize]
}

fn mild(random: &mut Random) -> String {
    if random.chance(60) { value(random) } else { format!("\"{}\"", template(random)) }
}

/// Different keys, mostly.
fn keys(random: &mut Random) -> Vec<&'static str> {
    let mut keys: Vec<_> = KEYS.to_vec();
    keys.retain(|_| random.chance(50));
    if random.chance(1) {
        keys.push("A");
    }
    keys
}

fn environment(random: &mut Random) -> String {
    let keys = keys(random);
    if keys.is_empty() {
        return String::new();
    }
    let mut out = "    environment:\n".to_owned();
    match random.below(3) {
        0 => {
            for key in keys {
                let value = mild(random);
                out += &format!("      {key}: {value}\n");
            }
            if random.chance(15) {
                out += "      <<: *e\n";
            }
            if random.chance(8) {
                out += "      Z: !reset null\n";
            }
        }
        1 => {
            for key in keys {
                match random.below(4) {
                    0 => out += &format!("      - {key}\n"),
                    1 => {
                        let text = random.one(&["1", "", "x y", "a=b", "'q'", "010"]);
                        out += &format!("      - {key}={text}\n");
                    }
                    2 => out += &format!("      - \"{key}={}\"\n", template(random)),
                    _ => out += &format!("      - '{key}={}'\n", template(random)),
                }
            }
        }
        _ => {
            let form =
                random.one(&["*e", "{A: 1, B: ~}", "[A=1, B]", "!override {A: 2}", "!reset null", "{}"]);
            return format!("    environment: {form}\n");
        }
    }
    out
}

fn list(random: &mut Random, name: &str, items: &[&str], percent: u64) -> String {
    if !random.chance(percent) {
        return String::new();
    }
    let tag = if random.chance(8) { random.one(&[" !override", " !reset"]) } else { "" };
    let mut out = format!("    {name}:{tag}\n");
    for _ in 0..=random.below(3) {
        out += &format!("      - {}\n", random.one(items));
    }
    out
}

fn service(random: &mut Random, name: &str, names: &[&str]) -> String {
    let mut out =
        format!("  {name}:\n    image: {}\n", random.one(&["x", "x:1", "\"x:${UNSET:-1}\"", "x@sha256:ab"]));
    if random.chance(12) {
        out += "    <<: *s\n";
    }
    if random.chance(20) {
        let other = random.one(names);
        out += &match random.below(3) {
            0 => format!("    extends: {other}\n"),
            1 => format!("    extends: {{service: {other}}}\n"),
            _ => format!(
                "    extends: {{service: {}, file: {}}}\n",
                random.one(&["base", "mid"]),
                "ext/base.yml"
            ),
        };
    }
    out += &environment(random);
    if random.chance(15) {
        out += random.one(&[
            "    env_file: a.env\n",
            "    env_file: conf/a.env\n",
            "    env_file: [a.env, a.env]\n",
        ]);
    } else {
        out += &list(random, "env_file", ENV_FILES, 25);
    }
    out += &list(random, "ports", PORTS, 35);
    out += &list(random, "volumes", VOLUMES, 35);
    out += &list(random, "profiles", &["dev", "\"2\"", "dev"], 10);
    out += &list(random, "secrets", &["s", "{source: s}", "{source: t, target: s}", "t"], 10);
    out += &list(random, "configs", &["c", "{source: c, target: /c}", "d"], 10);
    if random.chance(15) {
        out += random.one(&[
            "    networks: [a, b]\n",
            "    networks: {b: , c: {aliases: [x]}}\n",
            "    networks: !override [z]\n",
            "    network_mode: host\n",
        ]);
    }
    if random.chance(12) {
        out += random.one(&[
            "    extra_hosts: [\"h=1.2.3.4\", \"i:host-gateway\"]\n",
            "    extra_hosts: {h: 1.2.3.4, j: \"::1\"}\n",
            "    extra_hosts: [\"h:[::1]\"]\n",
        ]);
    }
    if random.chance(20) {
        out += random.one(&[
            "    build: .\n",
            "    build: ./app\n",
            "    build: {args: [A=1, B]}\n",
            "    build: {context: ../x, args: {A: 1.10}}\n",
            "    build: {dockerfile: D}\n",
            "    build: https://host/x.git\n",
        ]);
    }
    out
}

fn file(random: &mut Random, names: &[&str]) -> String {
    let mut out = String::new();
    out += "x-v: &v anchored\nx-e: &e {A: base, M: \"${UNSET:-m}\"}\n";
    out += "x-s: &s\n  profiles: [p]\n  environment: {S: shared}\nservices:\n";
    for name in names {
        if random.chance(75) {
            out += &service(random, name, names);
        }
    }
    if out.ends_with("services:\n") {
        out += "  only:\n    image: x\n";
    }
    out
}

const EXTENDED: &str = "services:\n  base:\n    image: base\n    environment:\n      FROM_BASE: \"${SET}\"\n      A: 0\n    env_file: base.env\n    volumes: [\"./v:/data\"]\n    ports: [\"8080:80\"]\n  mid:\n    extends: base\n    build: ./b\n    environment: [A, MID=1]\n";

/// The random project of a number.
pub(crate) fn random(number: u64) -> Case {
    let mut random = Random(SEED ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut case = Case { name: format!("random {number}"), ..Case::default() };
    case.env.insert("SET".into(), "set".into());
    case.env.insert("EMPTY".into(), String::new());
    case.env.insert("B".into(), "outer".into());
    let names = ["a", "b", "c.d"];
    let folder = if random.chance(30) { "infra/" } else { "" };
    let mut main = file(&mut random, &names);
    if random.chance(25) {
        main += random.one(&[
            "include: [sub/inner.yml]\n",
            "include:\n  - path: sub/inner.yml\n    project_directory: other\n",
            "include:\n  - path: [sub/inner.yml, sub/more.yml]\n    env_file: inc.env\n",
        ]);
        case.files.insert(format!("{folder}sub/inner.yml"), file(&mut random, &["inner", "a"]));
        case.files.insert(format!("{folder}sub/more.yml"), file(&mut random, &["inner"]));
        case.files.insert(format!("{folder}inc.env"), "UNSET=inc\nSET=ignored\n".into());
        if random.chance(50) {
            case.files.insert(format!("{folder}sub/.env"), "UNSET=dot\n".into());
        }
        for sub in ["sub/", "other/"] {
            case.files.insert(format!("{folder}{sub}ext/base.yml"), EXTENDED.into());
        }
    }
    if random.chance(6) {
        main += "---\n";
        main += &file(&mut random, &names);
    }
    case.files.insert(format!("{folder}compose.yml"), main);
    case.compose.push(format!("{folder}compose.yml"));
    case.files.insert(format!("{folder}ext/base.yml"), EXTENDED.into());
    for over in ["over.yml", "last.yml"] {
        if random.chance(35) {
            let path = format!("{folder}{}{over}", if random.chance(30) { "deep/" } else { "" });
            case.files.insert(path.clone(), file(&mut random, &names));
            case.compose.push(path);
        }
    }
    case
}
