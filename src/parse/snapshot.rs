//! A saved schema: what `trueup fingerprint --schema` writes, and what a live schema may be held to.
use serde::{Deserialize, Serialize};

use crate::model::Cause;
use crate::model::schema::Schema;

/// The version of the shape that this build writes and reads.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    schema: u32,
    kind: Kind,
    catalog: Schema,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Schema,
}

/// The text of a snapshot: JSON that a person can read a diff of, the same for the same schema.
pub fn write(schema: &Schema) -> String {
    let snapshot = Snapshot { schema: VERSION, kind: Kind::Schema, catalog: schema.clone() };
    // Plain data with text keys is always JSON.
    serde_json::to_string_pretty(&snapshot).unwrap_or_default() + "\n"
}

/// Reads a snapshot.
///
/// # Errors
/// When it is none, or one of another version.
pub fn read(text: &str) -> Result<Schema, Cause> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let hint = "save one with `trueup fingerprint ENDPOINT --schema -o FILE`";
    match serde_json::from_str::<Version>(text) {
        Ok(Version { schema: VERSION }) => {}
        Ok(Version { schema }) => {
            let message =
                format!("it is a snapshot of version {schema}, and this build reads version {VERSION}");
            return Err(Cause::new(message).hint(hint));
        }
        Err(_) => return Err(Cause::new("it is no snapshot of a schema").hint(hint)),
    }
    match serde_json::from_str::<Snapshot>(text) {
        Ok(snapshot) => Ok(snapshot.catalog),
        Err(error) => Err(Cause::new(format!("it is no snapshot that this build reads: {error}")).hint(hint)),
    }
}
