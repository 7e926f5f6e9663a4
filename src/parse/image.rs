//! Names of container images, in full.
//!
//! Rules of the reference grammar of distribution images: the first component is a registry when it holds a `.` or a
//! `:` or is `localhost`; without one it is `docker.io`, and a single component there lies in `library/`.

/// The registry and the path of an image, without tag and digest: `docker.io/library/redis` of `redis:7`. `None` when
/// it is no image, as where a variable without a value left a blank.
pub fn image(text: &str) -> Option<String> {
    let text = text.strip_prefix("docker-image://").unwrap_or(text);
    let (text, _) = text.split_once('@').unwrap_or((text, ""));
    let (first, path) = match text.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), path),
        _ => (None, text),
    };
    let path = match path.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        _ => path,
    };
    let is_component = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    let is_registry = |registry: &str| {
        let (host, port) = match registry.rsplit_once(':') {
            Some((host, port)) if !registry.ends_with(']') => (host, port),
            _ => (registry, "0"),
        };
        !host.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !path.split('/').all(is_component) || first.is_some_and(|first| !is_registry(first)) {
        return None;
    }
    Some(match first {
        Some("index.docker.io" | "registry-1.docker.io" | "docker.io") if !path.contains('/') => {
            format!("docker.io/library/{path}")
        }
        Some("index.docker.io" | "registry-1.docker.io") => format!("docker.io/{path}"),
        Some(registry) => format!("{registry}/{path}"),
        None if path.contains('/') => format!("docker.io/{path}"),
        None => format!("docker.io/library/{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::image;

    #[test]
    fn names_in_full() {
        for (text, full) in [
            ("redis", "docker.io/library/redis"),
            ("redis:7-alpine", "docker.io/library/redis"),
            ("qdrant/qdrant:v1", "docker.io/qdrant/qdrant"),
            ("docker.io/redis@sha256:abc", "docker.io/library/redis"),
            ("index.docker.io/a/b", "docker.io/a/b"),
            ("localhost/rag:1", "localhost/rag"),
            ("registry.museum.internal:5000/rag:1@sha256:0", "registry.museum.internal:5000/rag"),
            ("ghcr.io/a/b/c", "ghcr.io/a/b/c"),
            ("museum/", ""),
            ("/rag:1", ""),
            ("", ""),
            (":1", ""),
            ("a b", ""),
            ("registry.x:/rag", ""),
        ] {
            assert_eq!(image(text).unwrap_or_default(), full, "{text}");
        }
    }
}
