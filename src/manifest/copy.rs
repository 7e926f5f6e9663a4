//! `[copy]`: how rows are copied, beside what `[[table]]` and `[[skip]]` say.
use schemars::JsonSchema;
use serde::Deserialize;

use super::copy_backfill::CopyBackfill;
use super::copy_steps::{Call, Foreach, Provision, SqlStep, Stage};
use super::copy_tuples::CopyTuples;
use super::{Approver, At, Gates};

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
    /// What must hold before a step writes.
    pub gates: Gates,
    /// Who may approve a copy into what is marked as production.
    pub approver: Vec<Approver>,
    /// Tables of many entities are filled entity by entity, each in one transaction.
    pub foreach: Option<Foreach>,
    /// What makes the target ready, in this order: `trueup copy run schema`.
    pub provision: Vec<Provision>,
    /// Rows from elsewhere, staged in the target for steps that read them.
    pub stage: Vec<Stage>,
    /// Commands of the application's own that make rows of rows.
    pub call: Vec<Call>,
    /// Statements in the target, in this order.
    pub sql: Vec<SqlStep>,
    /// Tuples that go into new OpenFGA stores: `trueup copy run tuples`.
    pub tuples: Vec<CopyTuples>,
    /// One-shot SQL behind gates: `trueup copy run backfill`.
    pub backfill: Vec<CopyBackfill>,
    /// Whether rows of the target that the source no longer has are removed, of tables that this copy fills. Without it they are
    /// told, and stay.
    pub mirror: bool,
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
