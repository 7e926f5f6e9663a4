//! Files made of what readers disagree on; the same ones on every run.

const SEED: u64 = 0x7472_7565_7570;
const FILES: usize = 3000;

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn some(&mut self, from: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.pick(from)).collect()
    }
}

const KEYS: [&str; 10] = ["A", "B", "P", "a_b", "export", "1A", "a.b-c", "C", "", "Ä"];
const VALUES: [&str; 46] = [
    "a",
    "b c",
    "\"",
    "\"",
    "'",
    "'",
    "`",
    "\\",
    "\\\"",
    "\\'",
    "\\n",
    "\\$",
    "\\\\",
    "#",
    " #",
    " ",
    "\t",
    "$X",
    "${X}",
    "${E:-d}",
    "${E-d}",
    "${Z:-",
    "${Z:-${A}}",
    "}",
    "${Z:?m}",
    "${X:+y}",
    "${X+$A}",
    "$",
    "$$",
    "$1",
    "{",
    ":",
    "~",
    "~/",
    "=",
    "\n",
    "\r\n",
    "!",
    "é",
    "*",
    "\u{a0}",
    "\\012",
    "\\0101",
    "$A",
    "${P}",
    "1",
];
const BETWEEN: [&str; 14] = [
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    ";",
    "\n# note\n",
    "\n \t\n",
    "\u{feff}",
    "\u{2028}",
];

/// For a shell most of the others are programs: words of a plain command.
const WORDS: [&str; 40] = [
    "a",
    "b",
    "1",
    "'",
    "'c d'",
    "\"",
    "\"e $X\"",
    "\\",
    "\\ ",
    "\\$",
    "\\\n",
    "$X",
    "${X}",
    "${E:-d}",
    "${Z-'q r'}",
    "${Z:-\"s\"}",
    "\"${Z:-t u}\"",
    "\"${Z:-$X}\"",
    "${X:+y}",
    "${Z:-{}}",
    "${Z:-a}}",
    "$",
    "~",
    "~/",
    ":",
    ":~",
    "{",
    "}",
    "=",
    "#",
    "!",
    "%",
    "*",
    "é",
    "$A",
    "$P",
    "${B}",
    "\"\\n\\\"\\$\\`\"",
    "\n",
    ",",
];

pub(crate) fn files() -> Vec<String> {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let mut made: Vec<String> = (0..FILES).map(|index| file(&mut random, index % 3)).collect();
    made.sort();
    made.dedup();
    assert!(made.len() > 2500);
    made
}

fn file(random: &mut Random, kind: usize) -> String {
    if kind == 0 {
        let soup: Vec<&str> = [&KEYS[..], &VALUES[..], &BETWEEN[..], &["=", "=", "export "]].concat();
        return random.some(&soup, 12);
    }
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        if kind == 1 {
            text.push_str(random.pick(&["", "", "", " ", "export ", "export\t", "'"]));
            text.push_str(random.pick(&KEYS));
            text.push_str(random.pick(&["=", "=", "=", "=", " = ", "= ", " =", ": ", ":", "", "\n="]));
            text.push_str(&random.some(&VALUES, 5));
            text.push_str(random.pick(&BETWEEN));
        } else {
            text.push_str(random.pick(&["", "", "export ", "  "]));
            text.push_str(random.pick(&["A", "B", "C", "P"]));
            text.push('=');
            text.push_str(&random.some(&WORDS, 5));
            text.push_str(random.pick(&["\n", "\n", "\n", " # note\n", ";", " D=$A\n", "\n\n"]));
        }
    }
    text
}
