//! One change at a time beside the rows of a table: a bit of a vector, a sequence, a reference, a set.
use crate::mutations::Random;
use crate::world::World;

/// Rows of each table.
const ROWS: u64 = 30;

/// How many sets of tables one run compares.
const COPIES: usize = 12;

/// A parent, a child that refers to it with a vector in it, and a set that is compared by a query alone.
fn tables(n: usize) -> String {
    format!(
        "create table p{n} (id int primary key); insert into p{n} select generate_series(1, {ROWS});
         create table c{n} (id serial primary key, parent int references p{n}, e vector(16));
         insert into c{n} (parent, e) select g, (select array_agg((g * 31 + d * 7) % 255 / 128.0 order by d) from generate_series(1, 16) d)::vector
         from generate_series(1, {ROWS}) g;
         create table s{n} (a int, b text); insert into s{n} select g, 'b' || g from generate_series(1, {ROWS}) g;\n"
    )
}

fn undone(n: usize) -> String {
    format!("drop table if exists s{n}, c{n}, p{n};\n{}", tables(n))
}

/// What is done to both sides, what to the target alone, and how the one line begins that tells it.
struct Mutation {
    both: String,
    target: String,
    told: String,
}

fn mutation(random: &mut Random, n: usize) -> Mutation {
    let id = random.below(ROWS) + 1;
    let of_target = |target: String, told: String| Mutation { both: String::new(), target, told };
    let set = format!("unequal-sets source -> target: set {n}: set {n}: 1 row only in the");
    match random.below(7) {
        0 => {
            let (place, bit) = (random.below(16) + 1, random.below(23));
            let value = f32::from(u8::try_from((id * 31 + place * 7) % 255).unwrap()) / 128.0;
            let flipped = f32::from_bits(value.to_bits() ^ (1 << bit));
            let sql = format!(
                "update c{n} set e = (select array_agg(case when d = {place} then {flipped:e}::float4 else x end order by d)
                 from unnest(e::float4[]) with ordinality u(x, d))::vector where id = {id}"
            );
            of_target(sql, format!("row-content c{n}: 1 row differs: `e` in 1 (id {id})"))
        }
        1 => of_target(
            format!("select setval('c{n}_id_seq', {id}, false)"),
            format!(
                "sequence-behind target: sequence `c{n}_id_seq` gives {id} next, and `c{n}.id` already holds {ROWS}"
            ),
        ),
        2 => Mutation {
            both: format!(
                "set session_replication_role = replica; delete from p{n} where id = {id}; set session_replication_role = origin"
            ),
            target: String::new(),
            told: format!(
                "orphan c{n}: 1 row refers to nothing by c{n}_parent_fkey (parent) -> p{n} (id) ({id})"
            ),
        },
        3 => of_target(
            format!("delete from s{n} where a = {id}"),
            format!("{set} source (a, b ({id}, \"b{id}\"))"),
        ),
        4 => of_target(
            format!("insert into s{n} select * from s{n} where a = {id}"),
            format!("{set} target (a, b ({id}, \"b{id}\"))"),
        ),
        5 => of_target(
            format!("insert into s{n} values ({id}, null)"),
            format!("{set} target (a, b ({id}, null))"),
        ),
        _ => of_target(
            format!("insert into s{n} values (null, 'NULL')"),
            format!("{set} target (a, b (null, \"NULL\"))"),
        ),
    }
}

/// Plays that many mutations against a server.
pub(crate) fn play(count: usize) {
    let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 2);
    println!("seed {seed}");
    let mut random = Random(seed);
    let made: String = (0..COPIES).map(tables).collect();
    let made = format!("create extension vector; {made}");
    let world = World::pair(&made, &made);
    let mut manifest = String::from("skip = [{ table = \"s*\", reason = \"compared as sets\" }]\ntable = [");
    for n in 0..COPIES {
        manifest.extend([format!("{{ from = \"p{n}\" }}, {{ from = \"c{n}\" }}, ")]);
    }
    manifest += "]\n";
    for n in 0..COPIES {
        let sql = format!("select a, b from s{n}");
        let set = format!("[[verify.equal]]\nname = \"set {n}\"\nsource = \"{sql}\"\ntarget = \"{sql}\"\n");
        manifest.push_str(&set);
    }
    world.through(&manifest, &[]).is_equal();
    for _ in 0..count.div_ceil(COPIES) {
        let mutations: Vec<Mutation> = (0..COPIES).map(|n| mutation(&mut random, n)).collect();
        let all = |part: fn(&Mutation) -> &str| mutations.iter().map(part).collect::<Vec<_>>().join(";\n");
        let both = all(|mutation| &mutation.both);
        world.source.sql(&both);
        world.target.sql(&format!("{both};\n{}", all(|mutation| &mutation.target)));
        let lines = world.through(&manifest, &[]).sorted();
        let mut told: Vec<String> = mutations.iter().map(|mutation| mutation.told.clone()).collect();
        told.sort();
        assert_eq!(lines, told, "seed {seed}");
        let restore: String = (0..COPIES).map(undone).collect();
        world.source.sql(&restore);
        world.target.sql(&restore);
    }
}
