//! `ports` in their short form.
//!
//! Rules of `nat.ParsePortSpec` (docker/go-connections 0.4), which compose-go 2.16 reads them with.
use std::net::IpAddr;

/// One port of a short form: host address, published, target, protocol. Empty is unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShortPort {
    pub(super) host_ip: String,
    pub(super) published: String,
    pub(super) target: String,
    pub(super) protocol: String,
}

/// The ports of `[host:][published:]target[/protocol]`; `None` when it is none.
pub(super) fn short_ports(text: &str) -> Option<Vec<ShortPort>> {
    let (host, published, target) = match text.rsplit_once(':') {
        None => ("", "", text),
        Some((before, target)) => match before.rsplit_once(':') {
            None => ("", before, target),
            Some((host, published)) => (host, published, target),
        },
    };
    let (target, protocol) = match target.split_once('/') {
        None => (target, "tcp"),
        Some((target, protocol)) => match protocol.split('/').next() {
            None | Some("") => (target, "tcp"),
            Some(protocol) => (target, protocol),
        },
    };
    let host_ip = host_address(host)?;
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return None;
    }
    let (first, last) = range(target)?;
    let (host_first, host_last) = if published.is_empty() { (0, 0) } else { range(published)? };
    let is_range = first != last;
    if !published.is_empty() && last - first != host_last - host_first && is_range {
        return None;
    }
    let port = |offset: u16| {
        let published = if published.is_empty() {
            String::new()
        } else if !is_range && host_first != host_last {
            format!("{host_first}-{host_last}")
        } else {
            (host_first + offset).to_string()
        };
        let target = (first + offset).to_string();
        ShortPort { host_ip: host_ip.clone(), published, target, protocol: protocol.clone() }
    };
    Some((0..=last - first).map(port).collect())
}

/// The address without its brackets; Go's `SplitHostPort` of the text and a `:`.
fn host_address(host: &str) -> Option<String> {
    if host.is_empty() {
        return Some(String::new());
    }
    let inner = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains([':', '[', ']']) => return None,
        None => host,
    };
    if inner.is_empty() {
        return Some(String::new());
    }
    inner.parse::<IpAddr>().ok().map(|_| inner.to_owned())
}

fn range(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split('-').map(|part| {
        // Rust takes a sign, Go does not
        part.parse::<u16>().ok().filter(|_| !part.starts_with('+'))
    });
    let first = parts.next()??;
    let last = parts.next().unwrap_or(Some(first))?;
    (first <= last).then_some((first, last))
}
