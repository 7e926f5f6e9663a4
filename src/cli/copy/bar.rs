//! How far a copy is: a line that is drawn over and over on a terminal, and a line for each range elsewhere.
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::jobs::copy::Progress;

/// Drawn at the most so often.
const PAUSE: Duration = Duration::from_millis(100);

/// Where there is no terminal, somebody who has heard of nothing for so long is told what is under way.
const LONG: Duration = Duration::from_secs(20);

/// Characters of the bar itself.
const WIDTH: u64 = 24;

/// Rows that were kept, and what there is of them.
pub(super) struct Bar {
    is_drawn: bool,
    begun: Instant,
    /// When it was drawn, or something was said of a range.
    drawn: Option<Instant>,
    total: u64,
    rows: u64,
    bytes: u64,
    /// The most that was shown. What is under way may be begun again, and the bar does not go back for that.
    shown: (u64, u64),
}

impl Bar {
    pub(super) fn new() -> Self {
        let is_drawn = io::stderr().is_terminal();
        Self { is_drawn, begun: Instant::now(), drawn: None, total: 0, rows: 0, bytes: 0, shown: (0, 0) }
    }

    /// From here on, towards so many rows.
    pub(super) fn begin(&mut self, total: u64) {
        self.total = total;
        self.begun = Instant::now();
    }

    pub(super) fn tell(&mut self, progress: &Progress<'_>) {
        match *progress {
            Progress::Kept(text, rows, bytes) => self.kept(text, rows, bytes),
            Progress::UnderWay(rows, bytes) => self.under_way(rows, bytes),
        }
    }

    fn kept(&mut self, text: &str, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bytes += bytes;
        if !self.is_drawn {
            self.drawn = Some(Instant::now());
            return put(&format!("{text}\n"));
        }
        self.draw(0, 0);
    }

    fn under_way(&mut self, rows: u64, bytes: u64) {
        if self.is_drawn {
            return self.draw(rows, bytes);
        }
        if self.drawn.get_or_insert_with(Instant::now).elapsed() >= LONG && rows > 0 {
            self.drawn = Some(Instant::now());
            put(&format!("about {rows} rows under way, {bytes} bytes sent\n"));
        }
    }

    fn draw(&mut self, rows: u64, bytes: u64) {
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.shown = (self.shown.0.max(self.rows + rows), self.shown.1.max(self.bytes + bytes));
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0);
        let all = [self.rows, self.shown.0, self.total, self.shown.1];
        let line = line(all, self.begun.elapsed(), width.into());
        put(&format!("\r\x1b[2K{line}"));
    }

    /// Says something beside it.
    pub(super) fn say(&mut self, text: &str) {
        self.wipe();
        put(&format!("{text}\n"));
    }

    /// Leaves nothing of it on the terminal.
    pub(super) fn wipe(&mut self) {
        if self.drawn.take().is_some() && self.is_drawn {
            put("\r\x1b[2K");
        }
    }
}

fn put(text: &str) {
    // When stderr is closed there is nobody to tell.
    let _ = io::stderr().write_all(text.as_bytes()).and_then(|()| io::stderr().flush());
}

/// Rows that were kept, with those under way, all rows, and bytes, after some time; less wide than the terminal, which would go on in another line that nobody wipes.
fn line([kept, rows, total, bytes]: [u64; 4], elapsed: Duration, width: usize) -> String {
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let total = total.max(rows);
    let full = (rows * WIDTH).checked_div(total).unwrap_or(WIDTH);
    let bar: String = (0..WIDTH).map(|place| if place < full { '#' } else { '.' }).collect();
    let left = (total - rows).saturating_mul(ms).checked_div(rows).map(|left| left / 1000);
    let left = match left {
        _ if rows >= total && kept < rows => ", reading back".to_owned(),
        Some(left) => format!(", {}:{:02} left", left / 60, left % 60),
        None => String::new(),
    };
    let rate = bytes.saturating_mul(1000) / ms;
    let line = format!("[{bar}] {rows} of {total} rows, {}, {}/s{left}", size(bytes), size(rate));
    line.chars().take(width.saturating_sub(1)).collect()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rows_bytes_rate_and_the_time_that_is_left() {
        let half = line([500, 500, 1000, 20_000_000], Duration::from_secs(10), 80);
        assert_eq!(half, "[############............] 500 of 1000 rows, 20 MB, 2000 kB/s, 0:10 left");
        assert_eq!(
            line([0, 0, 0, 0], Duration::ZERO, 80),
            "[########################] 0 of 0 rows, 0 B, 0 B/s"
        );
        assert!(line([0, 1000, 1000, 1], Duration::from_secs(1), 80).ends_with("/s, reading back"));
        // More than were counted: somebody wrote the source between plan and copy.
        assert!(line([7, 7, 5, 1], Duration::from_secs(1), 80).contains("7 of 7 rows"));
        assert!(line([1, 1, u64::MAX, u64::MAX], Duration::from_secs(1), 200).contains("left"));
        assert_eq!(line([500, 500, 1000, 1], Duration::from_secs(1), 40).len(), 39);
    }
}
