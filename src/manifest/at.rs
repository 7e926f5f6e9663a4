//! A value that remembers where in the manifest it was written.
use std::borrow::Cow;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value with its byte range in the manifest's text, unless a flag gave it. Its JSON Schema is the value's own.
#[derive(Debug, Clone, Default)]
pub struct At<T> {
    value: T,
    range: Option<Range<usize>>,
}

impl<T> At<T> {
    /// The byte range in the manifest's text; none when a flag gave the value.
    pub fn range(&self) -> Option<Range<usize>> {
        self.range.clone()
    }

    /// What this value stands for, from the same place.
    #[must_use]
    pub fn standing_for<U>(&self, value: U) -> At<U> {
        At { value, range: self.range.clone() }
    }
}

impl<T> Deref for At<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Two values are the same wherever they were written.
impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T: PartialOrd> PartialOrd for At<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for At<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(source)?;
        let range = Some(spanned.span());
        Ok(Self { value: spanned.into_inner(), range })
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(out)
    }
}

impl<T> From<T> for At<T> {
    /// A value that a flag gave.
    fn from(value: T) -> Self {
        Self { value, range: None }
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
