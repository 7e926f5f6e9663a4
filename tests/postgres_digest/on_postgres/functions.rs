//! Each hash function against the server's, over edges and random values.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use trueup::digest::postgres_hash::{
    combine_columns, hash_bytes, hash_int8, hash_numeric_of_int8, hash_word,
};

use crate::server::connect;

/// A fixed sequence (splitmix64), so that a failure comes again.
pub(crate) struct Sequence(pub u64);

impl Sequence {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

const SEEDS: [i64; 6] = [0, 1, -1, i64::MAX, i64::MIN, 0x0123_4567_89AB_CDEF];

fn numbers() -> Vec<i64> {
    let mut sequence = Sequence(1);
    let mut numbers = vec![
        0,
        1,
        -1,
        i64::MAX,
        i64::MIN,
        i64::MIN + 1,
        1 << 32,
        -(1 << 32),
        9999,
        10_000,
        10_001,
        99_990_000,
    ];
    numbers.extend((0..19).map(|power| 10_i64.pow(power)));
    numbers.extend((0..19).map(|power| -(10_i64.pow(power) - 1)));
    numbers.extend((0..400).map(|turn| sequence.next().cast_signed() >> (turn % 64)));
    numbers
}

async fn ask<T>(server: &mut PgConnection, sql: &str, values: Vec<T>, seed: i64) -> Vec<i64>
where
    Vec<T>: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Sync + 'static,
{
    let sql = format!("select {sql} from unnest($2) with ordinality as t(v, n) order by n")
        .replace("SEED", "$1::int8");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(seed).bind(values).fetch_all(server).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any 16 or 32 bits will do")]
async fn integers() {
    let mut server = connect().await;
    for seed in SEEDS {
        let unsigned = seed.cast_unsigned();
        let all = numbers();
        let expect =
            |hash: &dyn Fn(i64) -> u64| all.iter().map(|n| hash(*n).cast_signed()).collect::<Vec<_>>();

        let theirs =
            ask(&mut server, "hashint2extended(v, SEED)", all.iter().map(|n| *n as i16).collect(), seed)
                .await;
        assert_eq!(theirs, expect(&|n| hash_word(i32::from(n as i16).cast_unsigned(), unsigned)));
        let theirs =
            ask(&mut server, "hashint4extended(v, SEED)", all.iter().map(|n| *n as i32).collect(), seed)
                .await;
        assert_eq!(theirs, expect(&|n| hash_word(n as u32, unsigned)));
        let theirs = ask(&mut server, "hashint8extended(v, SEED)", all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_int8(n, unsigned)));
        let theirs = ask(&mut server, "hash_numeric_extended(v::numeric, SEED)", all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_numeric_of_int8(n, unsigned)));
        let theirs =
            ask(&mut server, "hashoidextended((v & 4294967295)::oid, SEED)", all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_word(n as u32, unsigned)));
        let date = "hash_record_extended(row('2000-01-01'::date + (v & 65535)::int4), SEED)";
        let theirs = ask(&mut server, date, all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_word((n & 65_535) as u32, unsigned)));
        let theirs =
            ask(&mut server, "hash_record_extended(row((v & 1)::int4::bool), SEED)", all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_word((n & 1) as u32, unsigned)));
        let stamp = "timestamp_hash_extended('2000-01-01'::timestamp + (v >> 20) * interval '1 us', SEED)";
        let theirs = ask(&mut server, stamp, all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_int8(n >> 20, unsigned)));
        let time = "time_hash_extended('00:00'::time + (v & 68719476735) * interval '1 us', SEED)";
        let theirs = ask(&mut server, time, all.clone(), seed).await;
        assert_eq!(theirs, expect(&|n| hash_int8(n & 0xF_FFFF_FFFF, unsigned)));
    }
}

#[tokio::test]
async fn bytes_of_every_length_and_alignment() {
    let mut server = connect().await;
    let mut sequence = Sequence(2);
    let mut all: Vec<Vec<u8>> = (0..60).map(|length| sequence.bytes(length)).collect();
    all.extend((0..30).map(|length| vec![0; length]));
    all.extend((0..30).map(|length| vec![255; length]));
    all.push(sequence.bytes(100_000));
    for seed in SEEDS {
        let ours: Vec<i64> =
            all.iter().map(|bytes| hash_bytes(bytes, seed.cast_unsigned()).cast_signed()).collect();
        // hashvarlenaextended takes `internal`: the operator class of bytea reaches it through a record
        assert_eq!(ask(&mut server, "hash_record_extended(row(v), SEED)", all.clone(), seed).await, ours);
        let uuids: Vec<Vec<u8>> =
            all.iter().filter(|bytes| bytes.len() >= 16).map(|bytes| bytes[..16].to_vec()).collect();
        let ours: Vec<i64> =
            uuids.iter().map(|bytes| hash_bytes(bytes, seed.cast_unsigned()).cast_signed()).collect();
        let uuid = "uuid_hash_extended(encode(v, 'hex')::uuid, SEED)";
        assert_eq!(ask(&mut server, uuid, uuids, seed).await, ours);
    }
}

#[tokio::test]
async fn text_under_the_c_collation_is_its_bytes() {
    let mut server = connect().await;
    let mut sequence = Sequence(3);
    let all: Vec<String> = (0..50)
        .map(|length| {
            let letters = sequence.bytes(length);
            letters.iter().map(|byte| char::from(*byte)).filter(|letter| *letter != '\0').collect()
        })
        .collect();
    for seed in SEEDS {
        let ours: Vec<i64> =
            all.iter().map(|text| hash_bytes(text.as_bytes(), seed.cast_unsigned()).cast_signed()).collect();
        for sql in [
            "hashtextextended(v collate \"C\", SEED)",
            "hash_record_extended(row(convert_to(v, 'UTF8')), SEED)",
        ] {
            assert_eq!(ask(&mut server, sql, all.clone(), seed).await, ours, "{sql}");
        }
    }
}

#[tokio::test]
async fn records_of_any_width() {
    let mut server = connect().await;
    for seed in SEEDS {
        for width in 0..20_i64 {
            let cell = |place: i64| (place % 3 != 1).then_some(place * 7);
            let columns: Vec<String> = (0..width)
                .map(|place| cell(place).map_or("null::int4".to_owned(), |number| format!("{number}::int4")))
                .collect();
            let sql = format!("hash_record_extended(row({}), SEED) + 0 * v", columns.join(", "));
            let ours = (0..width).fold(0, |hash, place| {
                let element =
                    cell(place).map_or(0, |n| hash_word(u32::try_from(n).unwrap(), seed.cast_unsigned()));
                combine_columns(hash, element)
            });
            assert_eq!(ask(&mut server, &sql, vec![0_i64], seed).await, [ours.cast_signed()], "{width}");
        }
    }
}
