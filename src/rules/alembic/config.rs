//! What the configuration says, and should not.
use super::AlembicFacts;
use crate::model::Looked;
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
    }
    for cause in &facts.unseen {
        out.unknown(crate::model::Object::run("lint"), cause.clone());
    }
}
