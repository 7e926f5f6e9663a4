//! `[copy]`: how rows are copied, beside what `[[table]]` and `[[skip]]` say.
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Approver, At, Building, Gates};

/// How `trueup copy` copies.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Copy {
    /// Target tables that are filled first, in this order, where references have no foreign key that says so.
    pub order: Vec<At<String>>,
    /// Globs of source tables whose rows let somebody in elsewhere, such as `provider_credentials`. A plan lists them, for somebody
    /// has to look after them.
    pub credentials: Vec<At<String>>,
    /// Whether triggers of the target fire for rows that are copied. Where there are some it has to be said.
    pub triggers: Option<Triggers>,
    /// What makes the target's schema.
    pub schema: Option<Building>,
    /// What must hold before a step writes.
    pub gates: Gates,
    /// Who may approve a copy into what is marked as production.
    pub approver: Vec<Approver>,
}

/// What becomes of triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Triggers {
    /// They fire, as for any other rows.
    Fire,
    /// They are left out, for this copy's sessions alone, and references with them, which are held afterwards. That takes a role
    /// that may set `session_replication_role`.
    Skip,
}
