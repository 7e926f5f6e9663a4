//! What the configuration and `env.py` say, and should not.
use super::AlembicFacts;
use super::around::driver;
use super::revisions::Files;
use crate::model::{Looked, Object, Place};
use crate::rules::Sink;
use crate::rules::secret::{is_default_secret, is_placeholder};

pub(super) fn broken_config(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(settings) = out.look(chain.object(), &chain.settings) else { continue };
        let mut check = out.check(chain.object(), Looked::at(1, "configuration"));
        if let Err(problem) = &settings.outcome {
            let message = format!("Alembic cannot read this configuration: {}", problem.cause.message);
            check
                .find("configuration", message)
                .at(settings.place(problem.span, problem.in_toml))
                .related(chain.place.clone(), "declared here")
                .help(problem.cause.hint.clone().unwrap_or_default());
        }
    }
    for cause in &facts.unseen {
        out.unknown(Object::run("lint"), cause.clone());
    }
}

pub(super) fn real_url_in_ini(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(settings) = out.look(chain.object(), &chain.settings) else { continue };
        let Ok(said) = &settings.outcome else {
            out.skip(chain.object(), "the configuration cannot be read");
            continue;
        };
        let mut check = out.check(chain.object(), Looked::at(1, "configuration"));
        let Some((url, span)) = &said.url else { continue };
        let what = match (has_password(url.reveal()), is_remote(url.reveal())) {
            (true, _) => "holds a password",
            (false, true) => "names a real server",
            _ => continue,
        };
        check
            .find("sqlalchemy.url", format!("`sqlalchemy.url` {what}"))
            .at(settings.place(*span, false))
            .help("leave a placeholder for localhost here, and let `env.py` read the URL from the environment; change a password that was committed");
    }
}

/// The user, the password and the host of a URL.
fn parts(url: &str) -> Option<(Option<&str>, &str)> {
    let (_, rest) = url.split_once("://")?;
    let before = rest.split(['?', '#']).next().unwrap_or("");
    let (user, place) = before.rsplit_once('@').map_or((None, before), |(user, place)| (Some(user), place));
    let host = place.split(['/', ':']).next().unwrap_or("");
    Some((user.and_then(|user| user.split_once(':')).map(|(_, password)| password), host))
}

fn has_password(url: &str) -> bool {
    let Some((Some(password), host)) = parts(url) else { return false };
    let user = url.split_once("://").and_then(|(_, rest)| rest.split(':').next());
    let is_plain = password.len() <= 12 && password.chars().all(|c| c.is_ascii_lowercase());
    // A development default: the user's own name, or a word for a server on this machine.
    let is_default = Some(password) == user || is_default_secret(password) || (is_local(host) && is_plain);
    let is_reference =
        password.starts_with('$') || ["%(", "${", "{{"].iter().any(|sign| password.contains(sign));
    !password.is_empty() && !is_default && !is_reference && !is_placeholder(password)
}

fn is_local(host: &str) -> bool {
    let names = ["", "localhost", "127.0.0.1", "0.0.0.0", "[", "host.docker.internal"];
    names.contains(&host) || !host.contains('.')
}

fn is_remote(url: &str) -> bool {
    let Some((_, host)) = parts(url) else { return false };
    let is_reference = host.contains(['%', '$', '{', '<']);
    // Names that are kept for documentation and for networks of one's own.
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_example = host.contains("example.") || ["local", "internal", "test", "invalid"].contains(&last);
    !url.starts_with("sqlite") && !is_local(host) && !is_reference && !is_example
}

pub(super) fn env_compare_off(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each_env(facts, out, |chain, path, env, check| {
        for off in &env.turned_off {
            check
                .find(
                    &off.text,
                    format!("`{}` is turned off, so autogenerate overlooks such changes", off.text),
                )
                .at(Place::new(path, off.span))
                .help(format!("set `{}=True`", off.text));
        }
        for missing in env.not_turned_on.iter().filter(|_| chain.declared.compare) {
            check
                .find(&missing.text, format!("`{}` is not turned on here", missing.text))
                .at(Place::new(path, missing.span))
                .related(chain.place.clone(), "declared to compare")
                .help(format!("add `{}=True`", missing.text));
        }
    });
}

pub(super) fn metadata_unwired(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each_env(facts, out, |_, path, env, check| {
        if let Some(span) = env.without_metadata {
            check
                .find("target_metadata", "`target_metadata` is `None`, so autogenerate has nothing to compare the database with")
                .at(Place::new(path, span))
                .help("give it the models' metadata; with none, `alembic check` finds nothing and `--autogenerate` drops everything");
        }
    });
}

pub(super) fn driver_not_stripped(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each_env(facts, out, |chain, path, env, check| {
        let settings = chain.settings.got();
        let url =
            settings.and_then(|settings| settings.outcome.as_ref().ok()).and_then(|said| said.url.as_ref());
        if let (Some((url, span)), Some(settings)) = (url, settings)
            && let Some(name) = driver(url.reveal()).filter(|_| env.makes_plain_engine && !env.minds_driver)
        {
            check
                .find("sqlalchemy.url", format!("`sqlalchemy.url` asks for `{name}`, and {path} makes an engine that cannot use it"))
                .at(settings.place(*span, false))
                .help("let `env.py` put the plain driver in its place, or make the engine with `async_engine_from_config`");
        }
        for (place, variable, name) in &chain.around.drivers {
            check
                .find(&variable.text, format!("`{}` asks for `{name}` here, and {path} makes an engine that cannot use it", variable.text))
                .at(place.clone())
                .related(Some(Place::new(path, variable.span)), "read here")
                .help("let `env.py` put the plain driver in its place, or make the engine with `create_async_engine`");
        }
    });
}

fn each_env(
    facts: &AlembicFacts,
    out: &mut Sink<'_>,
    judge: impl Fn(&super::ChainFacts, &str, &crate::model::chain::EnvScript, &mut crate::rules::Judging<'_>),
) {
    for chain in &facts.chains {
        let Some(Files { script, .. }) = out.look(chain.object(), &chain.files) else { continue };
        let path = crate::model::path::under(script, "env.py");
        let Some(env) = out.look(Object::file(&path), &chain.env) else { continue };
        let mut check = out.check(Object::file(&path), Looked::at(1, "script"));
        judge(chain, &path, env, &mut check);
    }
}
