//! `trueup lint --against REF` in real git repositories, which each test makes in a folder of its own.
#![expect(clippy::unwrap_used, reason = "in a test they are how it fails")]
mod repository;

mod on_git {
    mod chains;
    mod hostile;
    mod merging;
    mod references;
    mod standing;
    mod trees;
}
