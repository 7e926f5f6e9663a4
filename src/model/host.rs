//! Hosts that a text names.
use std::fmt;
use std::net::IpAddr;

/// A host, without userinfo, port or path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A name in lower case, without the last dot. Labels that are filled in elsewhere are one `*` in front.
    Name(String),
    /// An address.
    Address(IpAddr),
    /// One that is filled in elsewhere.
    Open,
    /// One that can't be told apart from a piece of a password.
    Unclear,
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => out.write_str(name),
            Self::Address(address) => address.fmt(out),
            Self::Open | Self::Unclear => out.write_str("…"),
        }
    }
}
