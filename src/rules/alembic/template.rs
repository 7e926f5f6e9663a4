//! `file_template`, read backwards: whether a file name can have been made by it.

/// A template, cut into pieces.
pub(super) struct Template {
    pieces: Vec<Piece>,
    /// How many folders it makes.
    depth: usize,
}

/// A file name that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'p> {
    /// Its slug, when the template has one.
    pub(super) slug: Option<&'p str>,
}

enum Piece {
    Literal(String),
    Id,
    Slug,
    Digits,
}

impl Template {
    /// Cuts a template; `None` when it is of a form that is not known.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            if let Some(after) = after.strip_prefix('%') {
                pieces.push(Piece::Literal("%".to_owned()));
                rest = after;
                continue;
            }
            let (name, after) = after.strip_prefix('(')?.split_once(')')?;
            let format: usize = after.find(['s', 'd'])?;
            let (format, after) = after.split_at_checked(format + 1)?;
            if !format
                .trim_end_matches(['s', 'd'])
                .chars()
                .all(|c| c.is_ascii_digit() || c == '.' || c == '-')
            {
                return None;
            }
            pieces.push(match name {
                "rev" => Piece::Id,
                "slug" => Piece::Slug,
                "epoch" | "year" | "month" | "day" | "hour" | "minute" | "second" => Piece::Digits,
                _ => return None,
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Some(Self { pieces, depth: text.matches('/').count() })
    }

    /// Whether the file at `path` can be the one of `id`, and then its slug, when the template has one.
    pub(super) fn find<'p>(&self, path: &'p str, id: &str) -> Option<Named<'p>> {
        let stem = path.strip_suffix(".py")?;
        let start = stem.rmatch_indices('/').nth(self.depth).map_or(0, |(at, _)| at + 1);
        matches(&self.pieces, stem.get(start..)?, id, &mut 10_000)
    }
}

/// `steps` bounds the ways that are tried.
fn matches<'p>(pieces: &[Piece], text: &'p str, id: &str, steps: &mut usize) -> Option<Named<'p>> {
    *steps = steps.checked_sub(1)?;
    let Some((piece, rest)) = pieces.split_first() else {
        return text.is_empty().then_some(Named { slug: None });
    };
    match piece {
        Piece::Literal(literal) => matches(rest, text.strip_prefix(literal.as_str())?, id, steps),
        Piece::Id => matches(rest, text.strip_prefix(id)?, id, steps),
        Piece::Digits => {
            let count = text.chars().take_while(char::is_ascii_digit).count();
            (1..=count).rev().find_map(|end| matches(rest, text.get(end..)?, id, steps))
        }
        Piece::Slug => {
            let word = |c: &char| c.is_alphanumeric() || *c == '_';
            let end: usize = text.chars().take_while(word).map(char::len_utf8).sum();
            let ends = (0..=end).rev().filter(|end| text.is_char_boundary(*end));
            for end in ends {
                if matches(rest, text.get(end..)?, id, steps).is_some() {
                    return Some(Named { slug: text.get(..end) });
                }
            }
            None
        }
    }
}

/// What a file's name says besides its id.
pub(super) fn slug(name: &str, id: &str) -> String {
    name.replace(id, "").trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Named, Template};

    #[test]
    fn names_are_taken_apart() {
        let cases = [
            ("%(rev)s_%(slug)s", "v/0001_add_users.py", "0001", Some(Named { slug: Some("add_users") })),
            ("%(rev)s_%(slug)s", "v/0002_add_users.py", "0001", None),
            (
                "%(year)d_%(month).2d_%(day).2d-%(rev)s_%(slug)s",
                "v/2026_11_21-ab_x.py",
                "ab",
                Some(Named { slug: Some("x") }),
            ),
            ("%(year)d/%(month).2d/%(rev)s", "v/2026/11/ab.py", "ab", Some(Named { slug: None })),
            ("%(slug)s_%(rev)s", "v/add_users_ab.py", "ab", Some(Named { slug: Some("add_users") })),
            ("%(epoch)s_%(rev)s", "ab.py", "ab", None),
        ];
        for (template, path, id, expected) in cases {
            assert_eq!(Template::read(template).unwrap().find(path, id), expected, "{template} {path}");
        }
        assert!(Template::read("%(author)s").is_none() && Template::read("%s").is_none());
    }
}
