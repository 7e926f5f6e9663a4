//! Which live systems the authorization models of `trueup lint acl --live` are of.
use std::collections::BTreeMap;

use super::servers::declared_store;
use super::stop::Stop;
use super::verify::{declared, runtime};
use crate::jobs::acl::{Asked, look as ask};
use crate::jobs::lint::Lint;
use crate::manifest::Acl;
use crate::rules::acl::LiveAcl;

/// Asks for what is declared, model by model.
pub(super) fn look(settings: &Lint) -> Result<Vec<LiveAcl>, Stop> {
    let Lint { manifest, source, .. } = settings;
    let asked = |acl: &Acl| -> Result<Asked, Stop> {
        let store = acl.on.as_ref().and_then(|on| Some((on, manifest.endpoints.get(on.as_str())?)));
        let store = store.map(|(on, endpoint)| declared_store(source.base(), on, endpoint)).transpose()?;
        let mut lists = BTreeMap::new();
        for (kind, list) in &acl.exists {
            if let (Some(sql), Some(on)) = (&list.sql, &list.on) {
                lists.insert(kind.to_string(), (sql.to_string(), declared(manifest, source.base(), on)?));
            }
        }
        Ok(Asked { store, lists })
    };
    let all = manifest.acl.iter().map(asked).collect::<Result<Vec<_>, _>>()?;
    let runtime = runtime()?;
    Ok(all.iter().map(|asked| runtime.block_on(ask(asked))).collect())
}
