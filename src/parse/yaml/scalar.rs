//! What a plain YAML scalar is, and how compose prints it into an environment.
//!
//! Facts from `resolve` of go.yaml.in/yaml/v4 rc.4 (YAML 1.2 with 1.1's octal and `_`, no `yes`/`on`, no base 60) and
//! from Go's `fmt.Sprint`, which compose-go 2.16 prints numbers with: `1.10` becomes `1.1`, `010` becomes `8`, `1e6`
//! becomes `1e+06`, a date gets a time.

/// The sorts of scalars that matter to compose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Sort {
    Text,
    Null,
    Bool,
    Int,
    Float,
    /// Infinities and NaN: compose's validation can't take them.
    NotANumber,
    Time,
}

/// A resolved plain scalar: its sort and how it is printed. A time that only the machine's zone can settle is `None`.
pub(in crate::parse) fn resolve(text: &str) -> (Sort, Option<String>) {
    let said = |sort, printed: &str| (sort, Some(printed.to_owned()));
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return said(Sort::Null, ""),
        "true" | "True" | "TRUE" => return said(Sort::Bool, "true"),
        "false" | "False" | "FALSE" => return said(Sort::Bool, "false"),
        "-0" | "-0.0" => return said(Sort::Float, "-0"),
        ".nan" | ".NaN" | ".NAN" => return said(Sort::NotANumber, "NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return said(Sort::NotANumber, "+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => return said(Sort::NotANumber, "-Inf"),
        _ => {}
    }
    let plain = match text.bytes().next() {
        Some(b'.') if text.contains('_') => return said(Sort::Text, text),
        Some(b'.') => text.to_owned(),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            if let Some(printed) = time(text) {
                return (Sort::Time, printed);
            }
            text.replace('_', "")
        }
        _ => return said(Sort::Text, text),
    };
    if let Some(printed) = integer(&plain) {
        return (Sort::Int, Some(printed));
    }
    match float(&plain) {
        Some(number) => (Sort::Float, Some(print_float(number))),
        None => said(Sort::Text, text),
    }
}

/// Go's `ParseInt` and then `ParseUint` with base 0, underscores taken out before.
fn integer(text: &str) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed =
        |lower: &str, upper: &str| digits.strip_prefix(lower).or_else(|| digits.strip_prefix(upper));
    let (radix, digits) = if let Some(rest) = prefixed("0x", "0X") {
        (16, rest)
    } else if let Some(rest) = prefixed("0b", "0B") {
        (2, rest)
    } else if let Some(rest) = prefixed("0o", "0O") {
        (8, rest)
    } else {
        match digits.strip_prefix('0') {
            Some(rest) if !rest.is_empty() => (8, rest),
            _ => (10, digits),
        }
    };
    // `from_str_radix` takes a sign of its own
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let signed = if negative { -number } else { number };
    let has_sign = text.starts_with(['-', '+']);
    let fits = i64::try_from(signed).is_ok() || (!has_sign && u64::try_from(signed).is_ok());
    fits.then(|| signed.to_string())
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, finite.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_float = digits(whole)
        && digits(part)
        && !(whole.is_empty() && part.is_empty())
        && (!whole.is_empty() || mantissa.starts_with('.'))
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !is_float {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Go's `%v`: the shortest digits, with an exponent below 1e-4 and from 1e+06 on.
fn print_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A timestamp as Go prints it; `Some(None)` when it is one whose print depends on the machine's time zone.
#[expect(clippy::option_option, reason = "no time, one that is printed alike everywhere, one that is not")]
fn time(text: &str) -> Option<Option<String>> {
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, Some((text.get(at..=at)?, text.get(at + 1..)?))),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !is_year {
        return None;
    }
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    jiff::civil::Date::new(year.parse().ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let date = format!("{year}-{month:02}-{day:02}");
    let Some((between, clock)) = clock else { return Some(Some(format!("{date} 00:00:00 +0000 UTC"))) };
    let at_zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(at_zone);
    if (between == " ") != zone.is_empty() {
        return None;
    }
    let clock = self::clock(clock)?;
    match zone {
        "" | "Z" => Some(Some(format!("{date} {clock} +0000 UTC"))),
        _ => zone_hours(zone).map(|()| None),
    }
}

fn clock(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':').map(two_digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match fraction {
        None => String::new(),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let nanoseconds: String = digits.chars().take(9).collect();
            let short = nanoseconds.trim_end_matches('0');
            if short.is_empty() { String::new() } else { format!(".{short}") }
        }
        Some(_) => return None,
    };
    Some(format!("{hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// `+02:00`.
fn zone_hours(zone: &str) -> Option<()> {
    let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |text: &str| text.len() == 2 && two_digits(text).is_some();
    (two(hours) && two(minutes)).then_some(())
}

fn two_digits(text: &str) -> Option<u8> {
    let is_number = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}
