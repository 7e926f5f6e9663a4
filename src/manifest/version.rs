//! `requires`: which versions of trueup may read a manifest.
use toml::Spanned;
use toml::de::DeValue;

use super::Mistake;

/// What is wrong with `requires`, when this version does not meet it.
pub(super) fn mistake(value: &Spanned<DeValue<'_>>) -> Option<Mistake> {
    let written = value.get_ref().as_str()?;
    let say = |message: String, help: &str| {
        Some(Mistake { range: value.span(), message, help: Some(help.to_owned()) })
    };
    let Ok(wanted) = semver::VersionReq::parse(written) else {
        return say(
            format!("`requires` is no version requirement: `{written}`"),
            "write one such as \">=0.1\"",
        );
    };
    let here = semver::Version::parse(env!("CARGO_PKG_VERSION")).ok()?;
    if wanted.matches(&here) {
        return None;
    }
    say(
        format!("this manifest requires trueup {wanted}, and this is trueup {here}"),
        "install a version that it accepts",
    )
}
