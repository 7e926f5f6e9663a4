//! The naming convention of what `env.py` hands to Alembic, followed through the modules of the repository.
use super::locate::Locator;
use crate::model::chain::Location;
use crate::model::naming::Convention;
use crate::model::path::under;
use crate::model::{Cause, Look, Reason};
use crate::parse::python::{Naming, Sought, env_naming, naming};

/// Modules that hand a name on are followed this far.
const MOST_MODULES: usize = 24;

/// The convention by which a chain's constraints get their names.
pub(super) fn convention(script: &str, search_path: &[Location], locator: &Locator<'_>) -> Look<Convention> {
    let path = under(script, "env.py");
    if !locator.tree.has(&path) {
        return Look::NotAsked(Reason(format!("there is no {path}")));
    }
    let text = match locator.tree.text(&path) {
        Look::Got(text) => text,
        Look::Failed(cause) => return Look::Failed(cause),
        Look::NotAsked(reason) => return Look::NotAsked(reason),
    };
    let found = env_naming(&text);
    let is_silent = !text.contains("naming_convention");
    let follow = Follow { locator, search_path, left: MOST_MODULES };
    match follow.from(&path, found, is_silent) {
        Naming::Told(convention) => Look::Got(convention),
        Naming::Untold(why) => Look::Failed(Cause::new(format!("the naming convention is not told: {why}"))),
        Naming::Elsewhere(module, _) => Look::Failed(Cause::new(format!(
            "the naming convention is not told: `{module}` is not in this repository"
        ))),
        Naming::Unbound(..) => Look::Failed(Cause::new(
            "the naming convention is not told: a name of `env.py` is given no value",
        )),
    }
}

struct Follow<'f, 't> {
    locator: &'f Locator<'t>,
    search_path: &'f [Location],
    left: usize,
}

impl Follow<'_, '_> {
    /// Follows what a module says of a convention. `is_silent` while no module on the way sets one.
    fn from(mut self, path: &str, found: Naming, is_silent: bool) -> Naming {
        let (mut path, mut found, mut is_silent) = (path.to_owned(), found, is_silent);
        loop {
            if let Naming::Unbound(stars, sought) = &found {
                found = self.through_stars(&path, stars, sought);
            }
            let Naming::Elsewhere(module, sought) = &found else { return found };
            if let Some(own) = foreign(module, sought) {
                // Whoever takes another package's `MetaData` may give it a convention in any module.
                let set_elsewhere = || Naming::Untold("it is set on another package's `MetaData`".to_owned());
                return if is_silent { own } else { set_elsewhere() };
            }
            if self.left == 0 {
                return Naming::Untold("its names lead through too many modules".to_owned());
            }
            self.left -= 1;
            let Some((next, text, sought)) = self.module(&path, module, sought) else { return found };
            is_silent &= !text.contains("naming_convention");
            (path, found) = (next, naming(&text, &sought));
        }
    }

    /// The file of a module and what to look for in it: the last name may be a module itself.
    fn module(&self, from: &str, module: &str, sought: &Sought) -> Option<(String, String, Sought)> {
        let text = |path: &str| self.locator.tree.text(path).got().cloned();
        let deeper = || {
            let (first, rest) = sought.names().split_first()?;
            let inner =
                if module.ends_with('.') { format!("{module}{first}") } else { format!("{module}.{first}") };
            let path = self.path(from, &inner)?;
            Some((path.clone(), text(&path)?, sought.along(rest)))
        };
        let Some(path) = self.path(from, module) else { return deeper() };
        let own = text(&path)?;
        if matches!(naming(&own, sought), Naming::Unbound(..))
            && let Some(found) = deeper()
        {
            return Some(found);
        }
        Some((path, own, sought.clone()))
    }

    fn path(&self, from: &str, module: &str) -> Option<String> {
        self.locator.imported(from, module, self.search_path)
    }

    fn through_stars(&mut self, path: &str, stars: &[String], sought: &Sought) -> Naming {
        for star in stars {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let Some((_, inner, sought)) = self.module(path, star, sought) else { continue };
            if !matches!(naming(&inner, &sought), Naming::Unbound(..)) {
                return Naming::Elsewhere(star.clone(), sought);
            }
        }
        Naming::Untold("a name is given no value that can be seen".to_owned())
    }
}

/// The `MetaData` of well-known packages, which have no convention.
fn foreign(module: &str, sought: &Sought) -> Option<Naming> {
    let root = module.split('.').next().unwrap_or(module);
    let names: Vec<&str> = sought.names().iter().map(String::as_str).collect();
    let is_plain = matches!(
        (root, names.as_slice()),
        ("sqlmodel", ["SQLModel", "metadata"]) | ("sqlalchemy", [.., "DeclarativeBase", "metadata"])
    );
    is_plain.then(|| Naming::Told(Convention::default()))
}
