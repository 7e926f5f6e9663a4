//! Dates and times as ISO 8601 writes them.
use jiff::fmt::temporal::Pieces;

/// Whether a text is a date, with or without a time and an offset, in the form of ISO 8601 that databases take.
pub fn is_iso_8601(text: &str) -> bool {
    // What stands in brackets is an extension of another standard.
    !text.contains('[') && !text.starts_with(['+', '-']) && Pieces::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_iso_8601;

    #[test]
    fn timestamps() {
        for text in [
            "2024-02-29",
            "2024-02-29T12:30:00Z",
            "2024-02-29 12:30:00.123456+00:00",
            "2024-02-29T12:30:00",
            "20240229T123000Z",
        ] {
            assert!(is_iso_8601(text), "{text}");
        }
        for text in ["", "2023-02-29", "29.02.2024", "yesterday", "2024-02-29T25:00:00Z", "1709209800"] {
            assert!(!is_iso_8601(text), "{text}");
        }
    }
}
