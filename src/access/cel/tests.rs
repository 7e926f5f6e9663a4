//! What expressions come to, and what is wrong with some.
use super::{Scope, Value, evaluate, parse};

fn told(text: &str) -> Result<Value, String> {
    evaluate(&parse(text)?, &mut Scope::new(vec![("x".to_owned(), Value::Int(3))]))
}

#[test]
fn what_is_true() {
    for text in [
        "true || 1 / 0 == 1",
        "1 / 0 == 1 || true",
        "!(1 / 0 == 1 && false)",
        "x == 3 && x != null && x < 3.5 && x >= 3u",
        "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 % 4 == 3 && -7 / 2 == -3",
        "\"a\" + 'b' == r\"ab\" && '\\u0061' == \"a\" && size('äb') == 2",
        "[1, 2].exists(i, i > 1) && [1, 2].all(i, i > 0) && [1, 2].exists_one(i, i == 2)",
        "[1, 2].map(i, i * 2) == [2, 4] && [1, 2, 3].filter(i, i > 1).size() == 2",
        "{'a': 1}.a == 1 && 'a' in {'a': 1} && has({'a': 1}.a) && !has({'a': 1}.b)",
        "2 in [1, 2] && [1, 2][1] == 2 && [[1]][0][0] == 1",
        "'abc'.startsWith('a') && 'abc'.contains('b') && 'abc'.matches('^a.c$') && !'abc'.endsWith('b')",
        "duration('1h30m') == duration('90m') && duration('1.5s').getMilliseconds() == 1500",
        "timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')",
        "timestamp('2024-01-01T01:00:00+01:00') == timestamp('2024-01-01T00:00:00Z')",
        "timestamp('2024-03-05T00:00:00Z').getMonth() == 2 && timestamp('2024-03-05T23:30:00Z').getDate('+01:00') == 6",
        "ipaddress('192.168.0.7').in_cidr('192.168.0.0/24') && !ipaddress('::1').in_cidr('10.0.0.0/8')",
        "ipaddress('::ffff:10.0.0.1').in_cidr('10.0.0.0/8') && ipaddress('1.1.1.1') != null",
        "ipaddress('10.1.2.3').in_cidr('::ffff:10.0.0.0/104') && !ipaddress('10.1.2.3').in_cidr('::/0')",
        "!'zoë'.matches('^\\\\w+$') && 'é'.matches('\\\\W') && !'٣'.matches('^[\\\\d]+$') && '٣'.matches('[\\\\D]')",
        "'a&b'.matches('^[a&&b]+$') && 'a[b'.matches('^[a[b]+$') && 'a<'.matches('a\\\\<') && ']'.matches('^[]]$')",
        "'ab c'.matches('\\\\bc') && 'x'.matches('^[[:alpha:]]$') && 'É'.matches('(?i)é') && 'Ω'.matches('\\\\p{Greek}')",
        "(x > 2 ? 'a' : 'b') == 'a' // a comment",
        "int('7') == 7 && string(7) == '7' && double(1) == 1.0 && uint(1) == 1u && bool('true')",
        "9007199254740993 > 9007199254740992.0 && 'a' != 1",
    ] {
        assert_eq!(told(text), Ok(Value::Bool(true)), "{text}");
    }
}

#[test]
fn what_goes_wrong() {
    for text in [
        "",
        "1 +",
        "y",
        "1 / 0 == 0",
        "x && true",
        "'a' < 1",
        "9223372036854775807 + 1 > 0",
        "[1][1] == 0",
        "{'a': 1}.b == 1",
        "duration('1d') > duration('1h')",
        "timestamp('2024-01-01') != null",
        "f(1)",
        "'a",
        "ipaddress('300.1.1.1') != null",
        "timestamp('2024-01-01T00:00:60Z') != null",
        "a.b.c",
        "1 ? 2 : 3",
        "@",
    ] {
        assert!(told(text).is_err(), "{text}: {:?}", told(text));
    }
    assert!(parse(&"(".repeat(100_000)).is_err() && parse(&"!".repeat(100_000)).is_err());
    assert!(parse(&"1+".repeat(100_000)).is_err() && parse(&"a.".repeat(100_000)).is_err());
}
