//! What the survey rules judge.
use serde::Deserialize;

use crate::model::survey::{Cluster, Survey, SurveyedTable};
use crate::model::{Look, Object, Place};

/// One surveyed endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyFacts {
    /// What was found.
    pub survey: Survey,
    /// Declarations that name what is not there.
    pub stale: Vec<Stale>,
    /// Whether texts out of rows are shown.
    pub show_values: bool,
}

/// A declaration that names what is not there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stale {
    /// What it names.
    pub about: String,
    /// What is wrong with it.
    pub message: String,
    /// Where it stands.
    pub declared: Option<Place>,
}

/// The clusters of endpoints that are declared to have one each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterFacts {
    /// By the endpoint's name.
    pub clusters: Vec<(String, Look<Cluster>)>,
    /// Where that is declared.
    pub declared: Option<Place>,
}

impl SurveyFacts {
    /// The endpoint.
    pub(super) fn on(&self) -> Object {
        Object::endpoint(&self.survey.endpoint)
    }

    /// A part of it.
    pub(super) fn part(&self, part: &str) -> Object {
        Object::endpoint(format!("{}: {part}", self.survey.endpoint))
    }

    /// A table of it.
    pub(super) fn table(&self, name: &str) -> Object {
        Object::table(format!("{}: {name}", self.survey.endpoint))
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &SurveyedTable> {
        self.survey.tables.iter()
    }
}
