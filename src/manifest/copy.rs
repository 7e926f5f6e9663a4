//! `[copy]`: how rows are copied, beside what `[[table]]` and `[[skip]]` say.
use schemars::JsonSchema;
use serde::Deserialize;

use super::At;

/// How `trueup copy` copies.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Copy {
    /// Target tables that are filled first, in this order, where references have no foreign key that says so.
    pub order: Vec<At<String>>,
    /// Globs of source tables whose rows let somebody in elsewhere, such as `provider_credentials`. A plan lists them, for somebody
    /// has to look after them.
    pub credentials: Vec<At<String>>,
}
