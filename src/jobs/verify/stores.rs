//! The open stores of a run: source, target, and whatever else is asked.
use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{Opened, Verify, open};
use crate::diff::fingerprint::VectorPrint;
use crate::model::{Cause, Look};

/// The open stores, by what the manifest calls them.
pub(super) struct Stores {
    /// None where it is a fingerprint.
    pub(super) source: Option<Opened>,
    pub(super) target: Opened,
    /// The columns of embeddings that such a fingerprint tells of, by `table.column`.
    pub(super) taken: BTreeMap<String, Look<VectorPrint>>,
    others: BTreeMap<String, Result<Opened, Cause>>,
}

impl Stores {
    /// Opens what is asked beside the two sides. What cannot be opened is told to whoever asks it.
    pub(super) async fn open(settings: &Verify, source: Opened, target: Opened) -> Self {
        let mut others = BTreeMap::new();
        for endpoint in &settings.others {
            others.insert(endpoint.name.clone(), open(endpoint, settings.patience).await);
        }
        Self { source: Some(source), target, taken: BTreeMap::new(), others }
    }

    /// A target whose source is a fingerprint.
    pub(super) fn of_target(target: Opened, taken: BTreeMap<String, Look<VectorPrint>>) -> Self {
        Self { source: None, target, taken, others: BTreeMap::new() }
    }

    /// Says good-bye to all of them.
    pub(super) async fn close(self) {
        let others = self.others.into_values().filter_map(Result::ok);
        let all = self.source.into_iter().chain([self.target]).chain(others);
        join_all(all.map(|opened| opened.store.close())).await;
    }

    /// The source, where it can be asked.
    pub(super) fn source(&mut self) -> Result<&mut Opened, Cause> {
        self.source.as_mut().ok_or_else(|| {
            Cause::new("the source is a fingerprint, which cannot be asked").hint("compare the two live")
        })
    }

    /// The store of a side or of an endpoint.
    pub(super) fn of(&mut self, settings: &Verify, name: &str) -> Result<&mut Opened, Cause> {
        if name == "source" || name == settings.source.name {
            return self.source();
        }
        if name == "target" || name == settings.target.name {
            return Ok(&mut self.target);
        }
        match self.others.get_mut(name) {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(cause)) => Err(cause.clone()),
            None => Err(Cause::new(format!("there is no endpoint `{name}`"))),
        }
    }
}
