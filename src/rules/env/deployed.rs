//! The deployed file: what it lacks, who may read it, whether git has it, and whether it was filled in.
use super::EnvFacts;
use super::facts::Deployed;
use crate::model::{Assignment, Looked, Place};
use crate::rules::Sink;
use crate::rules::secret::is_placeholder;

fn place(deployed: &Deployed) -> Option<Place> {
    deployed.file.declared.clone()
}

pub(super) fn deployed_missing(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(deployed) = &facts.deployed else { return };
    let Some(template) = &facts.template else {
        out.skip(deployed.file.object(), "no canonical template is declared");
        return;
    };
    let Some(canonical) = out.look(template.object(), &template.file) else { return };
    let Some(file) = out.look(deployed.file.object(), &deployed.file.file) else { return };
    let keys: Vec<&Assignment> = canonical.live().collect();
    let mut check = out.check(deployed.file.object(), Looked::at(keys.len(), "key of the template"));
    for assignment in keys.into_iter().filter(|wanted| !file.live().any(|own| own.key == wanted.key)) {
        let key = &assignment.key;
        check
            .find(key, format!("{} does not set `{key}`", deployed.file.path))
            .at(template.place(assignment))
            .related(place(deployed), "the deployed file")
            .help("set it there before the next deploy, or comment it out in the template if it is optional");
    }
}

pub(super) fn deployed_mode(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(deployed) = &facts.deployed else { return };
    let Some(mode) = out.look(deployed.file.object(), &deployed.mode) else { return };
    let mut check = out.check(deployed.file.object(), Looked::at(1, "file mode"));
    check.facts(format!("at most {:04o}", deployed.loosest), format!("{mode:04o}"));
    if mode & !deployed.loosest != 0 {
        let message =
            format!("{} has mode {mode:04o}, looser than {:04o}", deployed.file.path, deployed.loosest);
        check
            .find("mode", message)
            .at(place(deployed))
            .help(format!("chmod {:04o} {}", deployed.loosest, deployed.file.path));
    }
}

pub(super) fn deployed_tracked(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(deployed) = &facts.deployed else { return };
    let Some(is_tracked) = out.look(deployed.file.object(), &deployed.is_tracked) else { return };
    let mut check = out.check(deployed.file.object(), Looked::at(1, "file"));
    if *is_tracked {
        check.find("tracked", format!("{} is tracked by git", deployed.file.path)).at(place(deployed)).help(
            format!("git rm --cached {}; ignore it; change the secrets that it held", deployed.file.path),
        );
    }
}

pub(super) fn deployed_placeholder(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(deployed) = &facts.deployed else { return };
    let Some(file) = out.look(deployed.file.object(), &deployed.file.file) else { return };
    let values: Vec<&Assignment> = file.live().collect();
    let mut check = out.check(deployed.file.object(), Looked::at(values.len(), "value"));
    for assignment in values {
        if assignment.value.as_ref().is_some_and(|value| is_placeholder(value.reveal())) {
            check
                .find(&assignment.key, format!("`{}` still has a placeholder as its value", assignment.key))
                .at(deployed.file.place(assignment))
                .help("put the real value in");
        }
    }
}
