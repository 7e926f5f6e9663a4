//! `cases/all.txt`: one file a line.

pub(crate) struct Case {
    pub(crate) text: String,
    /// Marked `!`: a shell would run a program.
    pub(crate) runs: bool,
}

pub(crate) fn all() -> Vec<Case> {
    let cases = include_str!("cases/all.txt").lines().filter_map(|line| {
        let (mark, written) = line.split_at_checked(2)?;
        let runs = match mark {
            "> " => false,
            "! " => true,
            _ => return None,
        };
        let marks = [("⏎", "\n"), ("␍", "\r"), ("␉", "\t"), ("␀", "\0"), ("␣", " "), ("⌘", "\u{feff}")];
        let text = marks.iter().fold(written.to_owned(), |text, (mark, plain)| text.replace(mark, plain));
        Some(Case { text, runs })
    });
    cases.collect()
}
