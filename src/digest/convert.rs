//! Values of a store without types, read as what another store has a type for.
//!
//! Owns the texts and numbers that applications write for a `uuid`, a date, a moment or a decimal number into `SQLite`.
//! Refuses to round and to guess: what is not plainly one of these stays what it is, and then differs.
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::digest::jsonb;
use crate::digest::kind::Kind;
use crate::digest::list;
use crate::model::value::Value;

/// The same value in the shape of a kind; `None` when it has that shape already, or cannot be read as one.
///
/// A moment without a zone is read as UTC where the kind is `timestamptz`.
pub fn convert(kind: &Kind, value: &Value) -> Option<Value> {
    match (kind, value) {
        (Kind::Bool, Value::Int(truth @ (0 | 1))) => Some(Value::Bool(*truth == 1)),
        (Kind::Numeric | Kind::Json, Value::Real(number)) if number.is_finite() => {
            Some(Value::Text(number.to_string()))
        }
        (Kind::Json, Value::Text(text)) => jsonb::printed(text).map(Value::Text),
        // A column that is declared as JSON makes a number of a text that is one.
        (Kind::Json, Value::Int(number)) => Some(Value::Text(number.to_string())),
        (Kind::Array(item), Value::Text(text)) => list::array(item, text),
        (Kind::Uuid, Value::Text(text)) => uuid(text).map(Value::Bytes),
        (Kind::Date, Value::Text(text)) => {
            let date = Date::from_str(text).ok().filter(|_| text.len() == 10)?;
            micros(date.to_datetime(Time::midnight()), 0).map(|micros| Value::Int(micros / DAY))
        }
        (Kind::Time, Value::Text(text)) => {
            let time = Time::from_str(text).ok()?;
            let micros = micros(Date::constant(2000, 1, 1).to_datetime(time), 0)?;
            Some(Value::Int(micros))
        }
        (Kind::Timestamp, Value::Text(text)) => {
            let (moment, zone) = moment(text)?;
            if zone.is_some() { None } else { micros(moment, 0).map(Value::Int) }
        }
        (Kind::TimestampTz, Value::Text(text)) => {
            let (moment, zone) = moment(text)?;
            micros(moment, zone.unwrap_or(0)).map(Value::Int)
        }
        _ => None,
    }
}

/// What such a store holds, as far as it may stand for a value of a kind. An integer is no moment there, and bytes are no number,
/// however Postgres writes its own: as a text that is none of the kind they differ from all of it.
pub fn untyped(kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::Date | Kind::Time | Kind::Timestamp | Kind::TimestampTz, Value::Int(number)) => {
            Value::Text(number.to_string())
        }
        (Kind::Numeric, Value::Sent(bytes)) => Value::Bytes(bytes),
        (_, value) => value,
    }
}

/// A value of a kind as its text, where it would else be shown as Postgres keeps it.
pub fn shown(kind: &Kind, value: &Value) -> Value {
    let moment = |micros: i64| {
        let moment = Timestamp::from_microsecond(micros.checked_add(EPOCH)?).ok()?;
        Some(moment.to_zoned(TimeZone::UTC).datetime())
    };
    let text = match (kind, value) {
        (Kind::Uuid, Value::Bytes(bytes)) if bytes.len() == 16 => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
            Some(parts.join("-"))
        }
        (Kind::Date, Value::Int(days)) => {
            days.checked_mul(DAY).and_then(moment).map(|moment| moment.date().to_string())
        }
        (Kind::Time, Value::Int(micros)) => moment(*micros).map(|moment| moment.time().to_string()),
        (Kind::Timestamp, Value::Int(micros)) => moment(*micros).map(|moment| moment.to_string()),
        (Kind::TimestampTz, Value::Int(micros)) => moment(*micros).map(|moment| format!("{moment}Z")),
        _ => None,
    };
    text.map_or_else(|| value.clone(), Value::Text)
}

const DAY: i64 = 86_400_000_000;

/// 2000-01-01 in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// With hyphens where Postgres writes them, or without any.
fn uuid(text: &str) -> Option<Vec<u8>> {
    let hyphens = text.match_indices('-').map(|(at, _)| at);
    if !(text.len() == 32 || (text.len() == 36 && hyphens.eq([8, 13, 18, 23]))) {
        return None;
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let (pairs, odd) = digits.as_ref()?.as_chunks::<2>();
    (pairs.len() == 16 && odd.is_empty()).then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// A date and a time of day, and the seconds east of UTC that follow, if any do.
fn moment(text: &str) -> Option<(DateTime, Option<i64>)> {
    let bytes = text.as_bytes();
    if text.len() < 19 || !matches!(bytes.get(10), Some(b' ' | b'T')) {
        return None;
    }
    let zone = text.bytes().rposition(|byte| matches!(byte, b'Z' | b'+' | b'-')).filter(|at| *at >= 19);
    let (moment, zone) = match zone {
        None => (text, None),
        Some(at) => {
            let (moment, zone) = text.split_at_checked(at)?;
            (moment.trim_end(), Some(offset(zone)?))
        }
    };
    Some((DateTime::from_str(moment).ok()?, zone))
}

/// `Z`, `+02`, `+0200`, `+02:00`.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits = digits.replacen(':', "", 1);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 =
        digits.get(2..).filter(|minutes| !minutes.is_empty()).map_or(Ok(0), str::parse).ok()?;
    let seconds = (hours * 60 + minutes) * 60;
    Some(if sign == "-" { -seconds } else { seconds })
}

fn micros(moment: DateTime, east: i64) -> Option<i64> {
    if moment.subsec_nanosecond() % 1000 != 0 {
        return None;
    }
    let micros = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond();
    micros.checked_sub(EPOCH)?.checked_sub(east * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let read = |kind: Kind, text: &str| match convert(&kind, &Value::Text(text.into())) {
            Some(Value::Int(number)) => Some(number),
            _ => None,
        };
        assert_eq!(read(Kind::Date, "2000-01-03"), Some(2));
        assert_eq!(read(Kind::Date, "1999-12-31"), Some(-1));
        assert_eq!(read(Kind::Time, "00:00:01.5"), Some(1_500_000));
        for text in ["2000-01-02 00:00:00.000001", "2000-01-02T00:00:00.000001"] {
            assert_eq!(read(Kind::Timestamp, text), Some(DAY + 1));
            assert_eq!(read(Kind::TimestampTz, text), Some(DAY + 1));
        }
        for text in ["2000-01-02 02:00:00+02", "2000-01-01 22:30:00 -01:30", "2000-01-02T00:00:00Z"] {
            assert_eq!(read(Kind::TimestampTz, text), Some(DAY), "{text}");
            assert_eq!(read(Kind::Timestamp, text), None);
        }
        for text in [
            "",
            "yesterday",
            "2000-13-01 00:00:00",
            "2000-01-01 00:00:00.0000001",
            "2000-01-01é00:00:00",
            "2000-01-01 00:00:00+é",
        ] {
            assert_eq!(read(Kind::TimestampTz, text), None, "{text}");
        }
    }

    #[test]
    fn what_is_read_is_shown_as_it_was_written() {
        for (kind, text) in [
            (Kind::Uuid, "00112233-4455-6677-8899-aabbccddeeff"),
            (Kind::Date, "1999-12-31"),
            (Kind::Time, "23:59:01.5"),
            (Kind::Timestamp, "2024-02-29T00:00:00.000001"),
            (Kind::TimestampTz, "1969-12-31T23:59:59Z"),
        ] {
            let read = convert(&kind, &Value::Text(text.into())).unwrap();
            assert!(matches!(shown(&kind, &read), Value::Text(shown) if shown == text), "{text}");
        }
        assert!(matches!(shown(&Kind::Date, &Value::Int(i64::MAX)), Value::Int(_)));
    }

    #[test]
    fn an_integer_is_no_moment() {
        let mut buffer = Vec::new();
        for kind in [Kind::Date, Kind::Time, Kind::Timestamp, Kind::TimestampTz] {
            let number = untyped(&kind, Value::Int(0));
            for mode in [crate::model::Mode::Strict, crate::model::Mode::Semantic] {
                assert!(crate::digest::canonical::canonical(&kind, &number, mode, &mut buffer).is_err());
            }
        }
        assert!(matches!(untyped(&Kind::Int8, Value::Int(7)), Value::Int(7)));
    }

    #[test]
    fn uuids() {
        let read = |text: &str| convert(&Kind::Uuid, &Value::Text(text.into())).is_some();
        assert!(read("00112233-4455-6677-8899-aabbccddeeff") && read("00112233445566778899AABBCCDDEEFF"));
        assert!(
            !read("0011223344556677-8899-aabb-ccddeeff")
                && !read("")
                && !read("00112233445566778899aabbccddeefg")
        );
    }
}
