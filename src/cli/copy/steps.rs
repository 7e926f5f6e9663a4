//! What the steps of a copy name: databases, stores, realms and commands of the manifest, their secrets filled in.
use crate::cli::program::program;
use crate::cli::servers::{declared_realm, declared_store};
use crate::cli::stop::Stop;
use crate::cli::verify::declared;
use crate::jobs::copy::Ends;
use crate::manifest::{Manifest, Source};

/// All that steps name.
pub(super) fn ends(manifest: &Manifest, source: &Source) -> Result<Ends, Stop> {
    let copy = &manifest.copy;
    let mut ends = Ends::default();
    let entities = manifest.verify.entities.iter().map(|entities| &entities.on);
    for name in copy.stage_endpoints().chain(entities).map(|name| name.as_str()) {
        // The two sides are at hand; a manifest names no other endpoint that there is not.
        let is_side = matches!(name, "source" | "target");
        let Some(endpoint) = manifest.endpoints.get(name).filter(|_| !is_side) else { continue };
        if endpoint.is_openfga() {
            ends.stores.insert(name.to_owned(), declared_store(source.base(), name, endpoint)?);
        } else if endpoint.is_keycloak() {
            ends.realms.insert(name.to_owned(), declared_realm(source.base(), name, endpoint)?);
        } else {
            ends.databases.insert(name.to_owned(), declared(manifest, source.base(), name)?);
        }
    }
    for one in &copy.call {
        ends.programs.insert(format!("call {}", *one.name), program(&one.command, source.base(), source)?);
    }
    for one in &copy.provision {
        if let Some(command) = &one.command {
            ends.programs
                .insert(format!("provision {}", *one.name), program(command, source.base(), source)?);
        }
    }
    Ok(ends)
}
