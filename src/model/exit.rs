//! The exit codes, all of them.

/// What the process says when it ends. `guard -- CMD` ends with CMD's own code once CMD runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All held; warnings included, unless they are denied.
    Held = 0,
    /// A check failed, or a gate refused.
    Failed = 1,
    /// The call or the manifest is wrong.
    Usage = 2,
    /// Could not look: an endpoint is down, a declared input is absent or empty, or there was nothing to check.
    CouldNotLook = 3,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}
