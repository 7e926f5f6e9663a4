//! Which hosts are public, and which keys mean a host.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::Host;

/// Last labels of names that no public resolver knows, or that stand for an example (RFC 2606, 6761, 6762, 8375, 9476).
const PRIVATE: &[&str] = &[
    "internal",
    "local",
    "localhost",
    "localdomain",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "test",
    "example",
    "invalid",
    "svc",
    "consul",
];

/// Names that stand for "your own", with all below them.
const PLACEHOLDERS: &[&str] = &[
    "home.arpa",
    "example.com",
    "example.net",
    "example.org",
    "yourdomain.com",
    "your-domain.com",
    "mydomain.com",
    "my-domain.com",
    "domain.tld",
];

/// Whether a host is on the public internet. A name without a dot is one of the local network.
pub(super) fn is_public(host: &Host) -> bool {
    match host {
        Host::Open | Host::Unclear => false,
        Host::Address(IpAddr::V4(address)) => is_public_v4(*address),
        Host::Address(IpAddr::V6(address)) => is_public_v6(*address),
        Host::Name(name) => {
            let last = name.rsplit('.').next().unwrap_or("");
            let is_domain = last.chars().count() >= 2
                && (last.starts_with("xn--") || last.chars().all(char::is_alphabetic));
            let is_below = |of: &&&str| {
                name.strip_suffix(**of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            name.contains('.')
                && is_domain
                && !PRIVATE.contains(&last)
                && PLACEHOLDERS.iter().find(is_below).is_none()
        }
    }
}

/// Not private, shared (RFC 6598), loopback, link-local, for documentation, for measurements, multicast or reserved.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_measuring = a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_measuring
        || a == 0
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; the rest is loopback, local, multicast or not given out.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && second == 0xdb8)
}

/// Last words of keys whose values are hosts.
const WORDS: &[&str] = &[
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "HOSTNAMES",
    "SERVER",
    "SERVERS",
    "ENDPOINT",
    "ENDPOINTS",
    "URL",
    "URLS",
    "URI",
    "URIS",
    "DSN",
    "ADDR",
    "ADDRS",
    "ADDRESS",
    "ADDRESSES",
    "BROKER",
    "BROKERS",
    "NODE",
    "NODES",
    "PEER",
    "PEERS",
    "REGISTRY",
    "MIRROR",
    "MIRRORS",
    "INDEX",
    "DOMAIN",
    "DOMAINS",
    "PROXY",
    "ORIGIN",
    "ORIGINS",
    "UPSTREAM",
    "GATEWAY",
    "RELAY",
    "RESOLVER",
    "BOOTSTRAP",
    "DNS",
    "NTP",
    "SMTP",
    "NAMESERVER",
    "BASE",
    "BACKEND",
];

/// Whether a key says that its value is a host: by its last word, numbers left out.
pub(super) fn says_host(key: &str) -> bool {
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let mut start = 0;
    let mut was_lower = false;
    for (at, c) in key.char_indices() {
        if matches!(c, '_' | '-' | '.' | '/') {
            start = at + 1;
        } else if c.is_uppercase() && was_lower {
            start = at;
        }
        was_lower = c.is_lowercase();
    }
    let last = key.get(start..).unwrap_or("").to_uppercase();
    // `PGHOST`, `DBHOST`
    WORDS.contains(&last.as_str()) || last.ends_with("HOST")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::hosts::{Bare, hosts};

    fn public(text: &str) -> bool {
        hosts(text, Bare::Yes).iter().any(is_public)
    }

    #[test]
    fn what_is_public() {
        for text in [
            "api.openai.com",
            "storage.googleapis.com",
            "8.8.8.8",
            "https://[2606:4700::1]/",
            "11.0.0.1:80",
            "172.32.0.1",
            "100.128.0.1",
            "xn--bcher-kva.example.xn--p1ai",
            "*.googleapis.com",
            "::ffff:8.8.8.8",
            "notexample.com",
            "a.museum",
            "https://pypi.org./simple",
        ] {
            assert!(public(text), "{text}");
        }
        for text in [
            "redis",
            "localhost:80",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "127.0.0.1",
            "0.0.0.0",
            "[::1]:80",
            "fd00::1",
            "fe80::1",
            "::",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "ai.museum.internal",
            "nas.local",
            "x.home.arpa",
            "rag.default.svc",
            "rag.svc.cluster.local",
            "api.example.com",
            "ai-proxy.museum.example",
            "your-domain.com",
            "settings.py",
            "v1.2",
            "$HOST",
            "host.docker.internal",
            "someone@museum.org",
            "192.0.2.1",
            "app.main:app",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn keys_that_mean_a_host() {
        for key in [
            "SMTP_HOST",
            "baseUrl",
            "hf-endpoint",
            "REDIS_HOST_2",
            "NO_PROXY",
            "ALLOWED_HOSTS",
            "db.url",
            "HOST",
        ] {
            assert!(says_host(key), "{key}");
        }
        for key in ["HOSTILE", "LOG_LEVEL", "APP_MODULE", "MODEL", "HOST_NAME_PREFIX", "curl", ""] {
            assert!(!says_host(key), "{key}");
        }
    }
}
