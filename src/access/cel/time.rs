//! Durations as Go writes them, moments as RFC 3339 does, and the parts of both.
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::evaluate::Evaluated;
use super::operate::moment;
use super::value::Value;

/// `1h30m`, `1.5s`, `-20ms`, `0`: Go's `time.ParseDuration`.
pub(super) fn duration(text: &str) -> Evaluated {
    let wrong = || format!("`{text}` is no duration, such as \"1h30m\"");
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Value::Duration(0));
    }
    let mut nanos: i128 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at_checked(end).ok_or_else(wrong)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).ok_or_else(wrong)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(wrong()),
        };
        nanos = nanos.saturating_add(scaled(number, unit).ok_or_else(wrong)?);
        rest = after;
    }
    let nanos = if is_negative { -nanos } else { nanos };
    i64::try_from(nanos).map(Value::Duration).map_err(|_| wrong())
}

/// A decimal number times a unit; what is smaller than a nanosecond is cut.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 19 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(unit)?;
    let kept = fraction.get(..fraction.len().min(18))?;
    if !kept.is_empty() {
        let power = 10_i128.checked_pow(u32::try_from(kept.len()).ok()?)?;
        nanos += kept.parse::<i128>().ok()? * unit / power;
    }
    Some(nanos)
}

/// `2024-01-31T10:00:00.5+02:00`
pub(super) fn timestamp(text: &str) -> Evaluated {
    let wrong = || format!("`{text}` is no moment, such as \"2024-01-31T10:00:00Z\"");
    if !is_rfc3339(text) {
        return Err(wrong());
    }
    let stamp: Timestamp = text.parse().map_err(|_| wrong())?;
    moment(stamp.as_nanosecond())
}

/// The form that Go's `time.RFC3339` takes; other readers take more.
fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let fits = |form: &[u8], bytes: &[u8]| {
        form.len() == bytes.len()
            && form.iter().zip(bytes).all(|(form, byte)| match form {
                b'0' => byte.is_ascii_digit(),
                form => form == byte,
            })
    };
    let Some((head, tail)) = bytes.split_at_checked(19) else { return false };
    let tail = match tail.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 { tail } else { fraction.get(digits..).unwrap_or_default() }
        }
        None => tail,
    };
    // A leap second is no time in Go.
    fits(b"0000-00-00T00:00:00", head)
        && text.get(17..19).is_none_or(|seconds| seconds < "60")
        && (tail == b"Z" || fits(b"+00:00", tail) || fits(b"-00:00", tail))
}

/// A part of a moment, in UTC or in a named zone.
pub(super) fn part(name: &str, nanos: i128, zone: Option<&str>) -> Evaluated {
    let zone = zone.map_or(Ok(TimeZone::UTC), of_name)?;
    let stamp = Timestamp::from_nanosecond(nanos).map_err(|_| "a moment is out of range".to_owned())?;
    let at: Zoned = stamp.to_zoned(zone);
    let number = match name {
        "getFullYear" => i64::from(at.year()),
        "getMonth" => i64::from(at.month()) - 1,
        "getDate" => i64::from(at.day()),
        "getDayOfMonth" => i64::from(at.day()) - 1,
        "getDayOfWeek" => i64::from(at.weekday().to_sunday_zero_offset()),
        "getDayOfYear" => i64::from(at.day_of_year()) - 1,
        "getHours" => i64::from(at.hour()),
        "getMinutes" => i64::from(at.minute()),
        "getSeconds" => i64::from(at.second()),
        "getMilliseconds" => i64::from(at.millisecond()),
        _ => return Err(format!("a timestamp has no `{name}`")),
    };
    Ok(Value::Int(number))
}

/// `Europe/Paris` or `+02:00`.
fn of_name(name: &str) -> Result<TimeZone, String> {
    let wrong = || format!("`{name}` is no time zone");
    let Some((hours, minutes)) = name.split_once(':') else {
        let unknown = || {
            format!("the time zone `{name}` is not known here: say how far it is from UTC, such as `+02:00`")
        };
        return if name == "UTC" { Ok(TimeZone::UTC) } else { TimeZone::get(name).map_err(|_| unknown()) };
    };
    let is_negative = hours.starts_with('-');
    let hours: i32 = hours.trim_start_matches(['+', '-']).parse().map_err(|_| wrong())?;
    let minutes: i32 = minutes.parse().map_err(|_| wrong())?;
    let seconds = (hours.saturating_mul(60).saturating_add(minutes)).saturating_mul(60);
    let seconds = if is_negative { -seconds } else { seconds };
    Ok(TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).map_err(|_| wrong())?))
}

/// A whole duration in some unit.
pub(super) fn length(name: &str, nanos: i64) -> Evaluated {
    Ok(Value::Int(match name {
        "getHours" => nanos / 3_600_000_000_000,
        "getMinutes" => nanos / 60_000_000_000,
        "getSeconds" => nanos / 1_000_000_000,
        "getMilliseconds" => nanos / 1_000_000,
        _ => return Err(format!("a duration has no `{name}`")),
    }))
}
