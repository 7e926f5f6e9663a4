//! Patterns of file names: `NNNN_slug.sql`.

/// What a pattern asks for, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// As many digits: the number.
    Digits(usize),
    /// Lower-case words.
    Slug,
    /// Anything but nothing.
    Any,
    /// Exactly this character.
    Exactly(char),
}

/// A pattern of file names, which tells a file's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(Vec<Part>);

/// The usual pattern.
pub const FILE_NAME: &str = "NNNN_slug.sql";

impl FileName {
    /// Reads a pattern; `None` when it has no number or several.
    pub fn read(pattern: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let digits = rest.len() - rest.trim_start_matches('N').len();
            let (part, length) = if digits > 0 {
                (Part::Digits(digits), digits)
            } else if rest.starts_with("slug") {
                (Part::Slug, 4)
            } else if first == '*' {
                (Part::Any, 1)
            } else {
                (Part::Exactly(first), first.len_utf8())
            };
            parts.push(part);
            rest = rest.get(length..).unwrap_or("");
        }
        let numbers = parts.iter().filter(|part| matches!(part, Part::Digits(_))).count();
        (numbers == 1 && parts.len() <= 64).then_some(Self(parts))
    }

    /// The digits of the number in a name that fits.
    pub fn number<'n>(&self, name: &'n str) -> Option<&'n str> {
        // A name of the file system is short, so trying every length of `slug` and `*` is cheap; a longer one fits none.
        if name.len() > 255 { None } else { fit(&self.0, name)? }
    }

    /// How many digits the number has.
    pub fn digits(&self) -> usize {
        self.0
            .iter()
            .find_map(|part| if let Part::Digits(count) = part { Some(*count) } else { None })
            .unwrap_or(0)
    }
}

/// The number in a name that fits; the outer `None` when it does not fit.
#[expect(clippy::option_option, reason = "whether the rest fits, and whether the number stands in it")]
fn fit<'n>(parts: &[Part], name: &'n str) -> Option<Option<&'n str>> {
    let Some((part, rest)) = parts.split_first() else { return name.is_empty().then_some(None) };
    match part {
        Part::Exactly(c) => fit(rest, name.strip_prefix(*c)?),
        Part::Digits(count) => {
            let (digits, behind) = name.split_at_checked(*count)?;
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            (is_number && fit(rest, behind).is_some()).then_some(Some(digits))
        }
        Part::Slug | Part::Any => {
            let takes = |c: char| {
                *part == Part::Any || c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c)
            };
            let longest = name.find(|c| !takes(c)).unwrap_or(name.len());
            (1..=longest).rev().find_map(|end| fit(rest, name.get(end..)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let cases = [
            (FILE_NAME, "0001_fill_mode.sql", Some("0001")),
            (FILE_NAME, "001_fill.sql", None),
            (FILE_NAME, "00012_fill.sql", None),
            (FILE_NAME, "0001_Fill.sql", None),
            (FILE_NAME, "0001_.sql", None),
            (FILE_NAME, "0001_fill.sql.bak", None),
            ("NNNN_*_slug.sql", "0002_MUS-41_fill_mode.sql", Some("0002")),
            ("NNNN_*_slug.sql", "0002_fill.sql", None),
            ("VNN__slug.sql", "V07__fill.sql", Some("07")),
            ("NNNN_slug.sql", "0001_ü.sql", None),
        ];
        for (pattern, name, number) in cases {
            assert_eq!(FileName::read(pattern).unwrap().number(name), number, "{pattern} {name}");
        }
        assert_eq!(FileName::read("slug.sql"), None);
        assert_eq!(FileName::read("NN_NN.sql"), None);
    }
}
