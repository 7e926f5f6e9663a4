//! One change at a time to a table with every type: found, and named.
use crate::types::{MADE, TYPES, VECTORS};
use crate::world::World;

/// Rows of the table.
const ROWS: u64 = 60;

/// An embedding of its own for each row.
const EMBEDDING: &str = "('[1,' || (64 + g)::float8 || ',0.5,-3]')::vector";

/// Copies of the table that one run compares.
const COPIES: usize = 25;

/// A generator of numbers that is the same everywhere (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// The table: a column for each type, and some that have special mutations.
fn table(name: &str, types: &[(&str, &str, &str)]) -> String {
    let columns: Vec<String> =
        types.iter().enumerate().map(|(n, (kind, ..))| format!("c{n} {kind}")).collect();
    let cells: Vec<String> = types
        .iter()
        .enumerate()
        .map(|(n, (kind, one, other))| {
            let (one, other) = (one.replace('\'', "''"), other.replace('\'', "''"));
            format!("case (g + {n}) % 3 when 0 then '{one}'::{kind} when 1 then '{other}'::{kind} end")
        })
        .collect();
    format!(
        "create table {name} (id int8 primary key, x text, y text, amount numeric, real8 float8, doc jsonb, embedding vector(4), {});
         insert into {name} select g, 'x' || g, 'y' || g, g + 0.5, g - 30, '{{\"b\": 1, \"aa\": 2}}', {EMBEDDING}, {} from generate_series(1, {ROWS}) g;\n",
        columns.join(", "),
        cells.join(", ")
    )
}

/// What a mutation does, whether it means the same afterwards, and the words of the finding (none: nothing changed at all).
struct Mutation {
    sql: String,
    means_the_same: bool,
    words: Option<String>,
}

fn mutation(random: &mut Random, t: &str, types: &[(&str, &str, &str)]) -> Mutation {
    let id = random.below(ROWS) + 1;
    let other = (id % ROWS) + 1;
    let n = usize::try_from(random.below(types.len() as u64)).unwrap();
    let (kind, one, two) = types[n];
    let (one, two) = (one.replace('\'', "''"), two.replace('\'', "''"));
    let differs = |column: &str| Some(format!("1 row differs: `{column}` in 1 (id {id})"));
    let changed = |sql: String, words: Option<String>| Mutation { sql, means_the_same: false, words };
    match random.below(14) {
        0..=2 => {
            // Another value: of the two of its type the one that it has not, or the first instead of NULL.
            let sql = format!(
                "update {t} set c{n} = case (id + {n}) % 3 when 0 then '{two}'::{kind} else '{one}'::{kind} end where id = {id}"
            );
            changed(sql, differs(&format!("c{n}")))
        }
        3 => {
            // NULL where there is a value, a value where there is NULL.
            let sql = format!(
                "update {t} set c{n} = case when c{n} is not distinct from null then '{one}'::{kind} end where id = {id}"
            );
            changed(sql, differs(&format!("c{n}")))
        }
        4 => {
            let sql = format!(
                "update {t} a set x = b.x from {t} b where (a.id, b.id) in (({id}, {other}), ({other}, {id}))"
            );
            let (first, second) = (id.min(other), id.max(other));
            changed(sql, Some(format!("2 rows differ: `x` in 2 (id {first}, {second})")))
        }
        5 => changed(
            format!("update {t} set x = y, y = x where id = {id}"),
            Some(format!("1 row differs: `x` in 1, `y` in 1 (id {id})")),
        ),
        6 => changed(
            format!(
                "update {t} set c{n} = b.v from (select c{n} as v from {t} where id <> {id} and c{n}::text is distinct from (select c{n}::text from {t} where id = {id}) limit 1) b where id = {id}"
            ),
            differs(&format!("c{n}")),
        ),
        7 => changed(format!("update {t} set x = x || ' ' where id = {id}"), differs("x")),
        8 => Mutation {
            sql: format!("update {t} set amount = amount::numeric(20, 5) where id = {id}"),
            means_the_same: true,
            words: differs("amount"),
        },
        9 => Mutation {
            // Row 30 holds the only zero.
            sql: format!("update {t} set real8 = '-0' where id = 30"),
            means_the_same: true,
            words: Some("1 row differs: `real8` in 1 (id 30)".into()),
        },
        10 => Mutation {
            // jsonb keeps no order of keys: nothing changes.
            sql: format!("update {t} set doc = '{{\"aa\": 2, \"b\": 1}}' where id = {id}"),
            means_the_same: true,
            words: None,
        },
        11 => changed(
            // One bit: between 64 and 128 the next number is so far away.
            format!(
                "update {t} g set embedding = {} where id = {id}",
                EMBEDDING.replace("64 + g", "64 + 2 ^ -17 + id")
            ),
            differs("embedding"),
        ),
        12 => changed(
            format!("delete from {t} where id = {id}"),
            Some(format!("1 row is only in the source (id {id})")),
        ),
        _ => changed(
            format!("update {t} set id = id + 1000 where id = {id}"),
            Some(format!("1 row is only in the target (id {})", id + 1000)),
        ),
    }
}

/// Plays that many mutations against a server, each in both modes.
pub(crate) fn play(count: usize) {
    let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1);
    println!("seed {seed}");
    let mut random = Random(seed);
    let types = &[TYPES, VECTORS].concat();
    let made = format!("create extension vector; {MADE}");
    let copies: String = (0..COPIES).map(|copy| table(&format!("m{copy}"), types)).collect();
    let world = World::pair(&format!("{made}{}", table("every", types)), &format!("{made}{copies}"));
    let mut done = 0;
    let mut wrong = Vec::new();
    while done < count {
        let mut mutations = Vec::new();
        let mut script = String::new();
        for copy in 0..COPIES {
            let mutation = match random.of(&[0, 1, 2, 3, 4, 5, 6, 7]) {
                // A duplicate pair needs a table without a key.
                0 => duplicate(&mut random, copy),
                _ => mutation(&mut random, &format!("m{copy}"), types),
            };
            script.push_str(&mutation.sql);
            script.push_str(";\n");
            mutations.push(mutation);
        }
        world.target.sql(&script);
        for semantic in [false, true] {
            let mut manifest = String::new();
            if semantic {
                manifest.push_str("verify.mode = \"semantic\"\n");
            }
            let pair = |copy| format!("[[table]]\nfrom = \"every\"\nto = \"m{copy}\"\n");
            manifest.extend((0..COPIES).map(pair));
            let said = world.through(&manifest, &[]);
            for (copy, mutation) in mutations.iter().enumerate() {
                let of_copy = format!("row-content every -> m{copy}: ");
                let found: Vec<String> = said
                    .lines()
                    .iter()
                    .filter_map(|line| Some(line.strip_prefix(&of_copy)?.to_owned()))
                    .collect();
                let expected = mutation.words.as_ref().filter(|_| !(semantic && mutation.means_the_same));
                let holds = match expected {
                    Some(words) => found.contains(words),
                    None => found.is_empty(),
                };
                if !holds {
                    wrong.push(format!(
                        "semantic {semantic}: {}\n  expected {expected:?}, found {found:?}",
                        mutation.sql
                    ));
                }
            }
        }
        done += COPIES;
        let restore: String = (0..COPIES)
            .map(|copy| format!("drop table m{copy}; {}", table(&format!("m{copy}"), types)))
            .collect();
        world.target.sql(&restore);
    }
    assert!(wrong.is_empty(), "seed {seed}: {} of {done}\n{}", wrong.len(), wrong.join("\n"));
}

/// One row twice, in a table that lost its key.
fn duplicate(random: &mut Random, copy: usize) -> Mutation {
    let (id, t) = (random.below(ROWS) + 1, format!("m{copy}"));
    Mutation {
        sql: format!(
            "alter table {t} drop constraint {t}_pkey; insert into {t} select * from {t} where id = {id}"
        ),
        means_the_same: false,
        words: Some(format!("1 row is only in the target (id {id})")),
    }
}
