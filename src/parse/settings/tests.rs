//! Values and their keys, case by case.
use super::settings;

/// Every whole value with its keys.
fn read(path: &str, text: &str) -> Vec<(String, String)> {
    let settings = settings(path, text);
    let whole = settings.list.iter().filter(|setting| setting.is_whole);
    whole.map(|setting| (setting.keys.join(" "), setting.value.reveal().to_owned())).collect()
}

fn values_of(path: &str, text: &str, key: &str) -> Vec<String> {
    let settings = settings(path, text);
    let has = settings.list.iter().filter(|setting| setting.keys.iter().any(|one| one == key));
    has.map(|setting| setting.value.reveal().to_owned()).collect()
}

#[test]
fn constants_have_a_type_before_the_sign() {
    for text in [
        "const MODEL string = \"m-2.5\"",
        "const MODEL: &str = \"m-2.5\";",
        "pub static MODEL: &'static str = \"m-2.5\";",
        "    pub(crate) const MODEL:&str=\"m-2.5\"; // why",
    ] {
        let read = settings("a.rs", text);
        let keys: Vec<_> = read.list.iter().flat_map(|one| one.keys.clone()).collect();
        assert!(keys.contains(&"MODEL".to_owned()), "{text}: {keys:?}");
    }
}

#[test]
fn python() {
    let cases = [
        ("model: str = \"m1\"\n", "model", "m1"),
        (
            "class S(Base):\n    model: str = Field(default=\"m1\", description=\"which\")\n",
            "default model",
            "m1",
        ),
        ("self.model = 'm1'\n", "model", "m1"),
        ("config[\"model\"] = \"m1\"\n", "model", "m1"),
        ("def f(a, model: str = \"m1\"): ...\n", "model", "m1"),
        ("x = {\"model\": \"m1\"}\n", "model", "m1"),
        ("model = os.getenv(\"MODEL\", \"m1\")\n", "MODEL model", "m1"),
        ("Agent(model=\"m1\")\n", "model", "m1"),
        ("model = (\n    \"m\"  # first\n    \"1\"\n)\n", "model", "m1"),
        ("a = 1; model = \"m1\"\n", "model", "m1"),
    ];
    for (text, keys, value) in cases {
        let found = read("a.py", text);
        assert!(found.contains(&(keys.to_owned(), value.to_owned())), "{text}: {found:?}");
    }
    for text in
        ["\"\"\"m1\"\"\"\n", "def f():\n    'm1'\n", "# m1\n", "x: Literal[\"m1\"]\n", "x = {\"m1\": 1}\n"]
    {
        assert_eq!(settings("a.py", text).list, [], "{text}");
    }
    assert_eq!(values_of("a.py", "model: str = Field(default='m1', description='m2')\n", "model"), ["m1"]);
    assert_eq!(values_of("a.py", "model = os.getenv('CHAT')\n", "model"), [] as [&str; 0]);
    assert_eq!(read("a.py", "model = \"a:\" + \"m1\" + NAME\n"), []);
    assert_eq!(settings("a.py", "model = f\"a:{x}m1\"\n").list.len(), 1);
    assert_eq!(settings("a.py", "model = \"m1\n").problems.len(), 1);
}

#[test]
fn configs_and_env_files() {
    let compose = "services:\n  agent:\n    environment:\n      - MODEL=m1\n      - OTHER=${OTHER:-m2}\n";
    assert_eq!(values_of("compose.yml", compose, "MODEL"), ["m1"]);
    assert_eq!(values_of("compose.yml", compose, "OTHER"), ["${OTHER:-m2}", "m2"]);
    assert_eq!(values_of("a.yaml", "env:\n  MODEL: m1 # m2\n", "MODEL"), ["m1"]);
    assert_eq!(values_of("a.toml", "[chat]\nmodel = \"m1\"\n", "chat.model"), ["m1"]);
    assert_eq!(values_of("a.json", "{\"chat\": {\"model\": \"m1\"}}", "model"), ["m1"]);
    assert_eq!(values_of(".env.example", "MODEL=m1\n# MODEL=m2\n", "MODEL"), ["m1"]);
}

#[test]
fn any_other_text() {
    let cases = [
        ("a.sh", "export MODEL=\"${MODEL:-m1}\"", "MODEL", "m1"),
        ("a.sh", "MODEL=m1 # m2", "MODEL", "m1"),
        ("Dockerfile", "ENV MODEL=m1", "MODEL", "m1"),
        ("a.ts", "const model: string = \"m1\";", "model", "m1"),
        ("a.ts", "const x = process.env.MODEL ?? \"m1\"; // m2", "MODEL", "m1"),
        ("a.ts", "const x = { model: 'm1' }", "model", "m1"),
        ("a.tf", "  model = \"m1\"", "model", "m1"),
        ("a.sh", "run --model m1", "model", "m1"),
        ("Makefile", "MODEL ?= m1", "MODEL", "m1"),
        ("a.go", "model := \"m1\"", "model", "m1"),
    ];
    for (path, text, key, value) in cases {
        let found = values_of(path, text, key);
        assert!(found.iter().any(|found| found == value), "{text}: {found:?} {:?}", read(path, text));
        assert!(!found.iter().any(|found| found == "m2"), "{text}: {found:?}");
    }
    assert_eq!(values_of("a.ts", "const model = { note: 'm2' }", "model"), [] as [&str; 0]);
    for (path, text) in [("a.ts", "/* m1\n m1 */\n// m1"), ("a.sh", "  # m1"), ("a.sql", "-- m1")] {
        assert_eq!(settings(path, text).list, [], "{text}");
    }
}

#[test]
fn in_code_a_bare_word_is_no_value() {
    let text = "const MODEL = process.env.MODEL ?? \"gemini-2.5-pro\";\nconst OTHER = process.env.OTHER;\n";
    assert_eq!(values_of("a.ts", text, "MODEL"), ["gemini-2.5-pro"]);
    assert_eq!(values_of("a.ts", text, "OTHER"), Vec::<String>::new());
}
