//! Random chains, the same on every run: merges, labels, dependencies, and every sort of fault.
use std::fmt::Write as _;

/// xorshift64*
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % end
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// One revision file: its name and its text.
pub(crate) type File = (String, String);

struct Made {
    id: String,
    parents: Vec<String>,
    labels: Vec<String>,
    depends_on: Vec<String>,
}

/// The files of one chain; every other chain has faults.
pub(crate) fn chain(random: &mut Random, is_faulty: bool) -> Vec<File> {
    let count = 1 + random.below(14);
    let mut all: Vec<Made> = Vec::new();
    for index in 0..count {
        let mut revision = Made {
            id: format!("r{index:03}x"),
            parents: Vec::new(),
            labels: Vec::new(),
            depends_on: Vec::new(),
        };
        let is_base = index == 0 || random.chance(8);
        let parents =
            if is_base { 0 } else { 1 + usize::from(random.chance(20)) + usize::from(random.chance(5)) };
        for _ in 0..parents {
            // Mostly the last ones, so that there are long lines as well as branches.
            let back = if random.chance(60) { 1 } else { 1 + random.below(index) };
            let id = all[index - back].id.clone();
            if !revision.parents.contains(&id) {
                revision.parents.push(id);
            }
        }
        if random.chance(15) {
            revision.labels.push(format!("branch{index}"));
        }
        if index > 0 && random.chance(25) {
            for _ in 0..=random.below(2) {
                let other = &all[random.below(index)];
                let label = other.labels.first().filter(|_| random.chance(50));
                revision.depends_on.push(label.unwrap_or(&other.id).clone());
            }
        }
        all.push(revision);
    }
    if is_faulty {
        for _ in 0..=usize::from(random.chance(30)) {
            spoil(&mut all, random);
        }
    }
    let files = all.iter().enumerate().map(|(index, revision)| {
        // Alembic loads files by name: the order of loading is not that of the chain.
        let name = format!("{:03}_{}_{index}.py", random.below(1000), revision.id);
        (name, text(revision, random))
    });
    files.collect()
}

fn spoil(all: &mut [Made], random: &mut Random) {
    let (one, other) = (random.below(all.len()), random.below(all.len()));
    let (id, label) = (all[other].id.clone(), all[other].labels.first().cloned());
    match random.below(12) {
        0 => all[one].parents = vec!["absent".to_owned()],
        1 => all[one].depends_on.push("absent".to_owned()),
        2 | 9..=11 => all[one].id = id,
        // The same parent twice is one parent to us, and a merge to Alembic.
        3 | 4 if !all[one].parents.contains(&id) => all[one].parents.push(id),
        3 | 4 => {}
        5 => all[one].depends_on.push(id),
        6 => all[one].labels.push(label.unwrap_or(id)),
        7 => all[one].parents = vec![label.unwrap_or(id)],
        _ => all[one].id = format!("{}-x", all[one].id),
    }
}

fn text(revision: &Made, random: &mut Random) -> String {
    let mut text =
        "\"\"\"a title\n\nRevises: nothing of the sort\n\"\"\"\nfrom alembic import op\n\n".to_owned();
    let id = &revision.id;
    let _ = match random.below(5) {
        0 => writeln!(text, "revision: str = \"{id}\""),
        1 => writeln!(text, "ID = '{id}'\nrevision = ID"),
        2 => writeln!(text, "revision = 'old'\nrevision = '{}' '{}'", &id[..2], &id[2..]),
        _ => writeln!(text, "revision = '{id}'"),
    };
    list(&mut text, "down_revision", &revision.parents, random);
    for (name, names) in [("branch_labels", &revision.labels), ("depends_on", &revision.depends_on)] {
        if !names.is_empty() || random.chance(50) {
            list(&mut text, name, names, random);
        }
    }
    text.push_str("\ndef upgrade():\n    pass\n");
    text
}

fn list(text: &mut String, name: &str, names: &[String], random: &mut Random) {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let value = match (quoted.as_slice(), random.below(4)) {
        ([], 0) => "()".to_owned(),
        ([], 1) => "[]".to_owned(),
        ([], _) => "None".to_owned(),
        ([one], 0 | 1) => one.clone(),
        (_, 2) => format!("[{}]", quoted.join(", ")),
        _ => format!("({},)", quoted.join(", ")),
    };
    let annotation = if random.chance(30) { ": 'str | None'" } else { "" };
    let _ = writeln!(text, "{name}{annotation} = {value}");
}
