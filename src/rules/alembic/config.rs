//! What the configuration and `env.py` say, and should not.
use super::address::{has_password, is_remote};
use super::around::driver;
use super::revisions::Files;
use super::{AlembicFacts, ChainFacts};
use crate::model::chain::Address;
use crate::model::{Looked, Object, Place};
use crate::rules::Sink;

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
        let addresses = settings.outcome.iter().flat_map(|said| &said.addresses);
        let own = addresses.filter(|address| address.is_broken && address.section.is_none());
        // An `env.py` that puts another URL in its place never comes to read it.
        for address in own.filter(|_| chain.env.got().is_some_and(|env| env.reads_url)) {
            check
                .find("sqlalchemy.url", format!("`env.py` reads {}, and Alembic stops there (`InterpolationSyntaxError`): a single `%` begins a reference", named(address)))
                .at(settings.place(address.span, false))
                .help("write `%%` for the sign itself");
        }
    }
    for cause in &facts.unseen {
        out.unknown(Object::run("lint"), cause.clone());
    }
}

/// How a report speaks of an address.
fn named(address: &Address) -> String {
    let of = address.section.as_ref().map_or_else(String::new, |section| format!(" of `[{section}]`"));
    format!("`sqlalchemy.url`{of}")
}

pub(super) fn real_url_in_ini(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(settings) = out.look(chain.object(), &chain.settings) else { continue };
        let Ok(said) = &settings.outcome else {
            out.skip(chain.object(), "the configuration cannot be read");
            continue;
        };
        let mut check = out.check(chain.object(), Looked::at(1, "configuration"));
        for address in &said.addresses {
            let url = address.url.reveal();
            let what = match (has_password(url), is_remote(url)) {
                (true, _) => "holds a password",
                (false, true) => "names a real server",
                _ => continue,
            };
            // Two chains may share a file, and each sees what is the other's to tell.
            let is_others = |other: &ChainFacts| {
                other.config == chain.config && address.section.as_deref() == Some(other.section())
            };
            if facts.chains.iter().any(is_others) {
                continue;
            }
            check
                .find("sqlalchemy.url", format!("{} {what}", named(address)))
                .at(settings.place(address.span, false))
                .help("leave a placeholder for localhost here, and let `env.py` read the URL from the environment; change a password that was committed");
        }
    }
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
