//! A live schema against the one that is expected.
mod facts;
mod state;

pub use facts::{Progress, SchemaFacts, Sides, Terms};
use state::{
    collation_version, same_database, sequence_behind, unpopulated_view, unused_ignore,
    vector_without_dimension,
};

use super::{Rule, Sink, rules};
use crate::diff::schema::Kind;
use crate::model::Looked;
use crate::model::schema::{Schema, Table, TableKind, TypeKind};

/// The rules over two schemas.
pub const RULES: &[Rule<SchemaFacts>] = rules![
    "schema":
    collation_version, comment, constraint_differs, default, enum_differs, extension_missing, extension_version,
    extra_column, extra_constraint, extra_extension, extra_index, extra_table, function_differs, grant, index_differs,
    invalid_index, missing_column, missing_constraint, missing_index, missing_table, namespace_differs,
    not_valid_constraint, nullability, object_differs, owner, policy_differs, same_database, sequence_behind, sequence_differs,
    table_differs, trigger_differs, type_differs, type_mismatch, unpopulated_view, unused_ignore, vector_without_dimension,
    view_differs
];

/// What a rule counts, so that it never passes on nothing.
#[derive(Clone, Copy)]
enum Count {
    Tables,
    Columns,
    Constraints,
    Indexes,
    /// What follows is told alike only by two of one system.
    Triggers,
    Views,
    Enums,
    Types,
    Sequences,
    Functions,
    Extensions,
    Namespaces,
    Others,
    Held,
}

impl Count {
    fn of(self, schema: &Schema) -> usize {
        let parts = |of: fn(&Table) -> usize| schema.tables.iter().map(of).sum();
        let types =
            |is_enum: bool| schema.types.iter().filter(|one| (one.kind == TypeKind::Enum) == is_enum).count();
        match self {
            Self::Tables => schema.tables.len(),
            Self::Columns => parts(|table| table.columns.len()),
            Self::Constraints => parts(|table| table.constraints.len()),
            Self::Indexes => parts(|table| table.indexes.len()),
            Self::Triggers => parts(|table| table.triggers.len()),
            Self::Views => parts(|table| {
                usize::from(matches!(table.kind, TableKind::View | TableKind::MaterializedView))
            }),
            Self::Enums => types(true),
            Self::Types => types(false),
            Self::Sequences => schema.sequences.len(),
            Self::Functions => schema.functions.len(),
            Self::Extensions => schema.extensions.len(),
            Self::Namespaces => schema.namespaces.len(),
            Self::Others => schema.others.len(),
            Self::Held => {
                schema.tables.len()
                    + schema.functions.len()
                    + schema.sequences.len()
                    + schema.types.len()
                    + schema.others.len()
            }
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Tables => "table",
            Self::Columns => "column",
            Self::Constraints => "constraint",
            // "indexs" is no word
            Self::Indexes => "index definition",
            Self::Triggers => "trigger",
            Self::Views => "view",
            Self::Enums => "enum",
            Self::Types => "type",
            Self::Sequences => "sequence",
            Self::Functions => "function",
            Self::Extensions => "extension",
            Self::Namespaces => "schema",
            // of a sort of its own
            Self::Others => "other object",
            Self::Held => "object",
        }
    }

    fn is_told_between_systems(self) -> bool {
        matches!(self, Self::Tables | Self::Columns | Self::Constraints | Self::Indexes)
    }
}

/// What SQLite does not have: a pass would say that it was looked at.
const POSTGRES_ALONE: &[Kind] = &[
    Kind::Comment,
    Kind::Grant,
    Kind::InvalidIndex,
    Kind::NotValidConstraint,
    Kind::Owner,
    Kind::PolicyDiffers,
];

/// Rules that hold on a database without anything in it, so that they prove nothing.
pub const PROVE_NOTHING: &[&str] = &[
    "schema/collation-version",
    "schema/extension-missing",
    "schema/extension-version",
    "schema/extra-extension",
    "schema/namespace-differs",
    "schema/same-database",
    "schema/unused-ignore",
];

fn tell(facts: &SchemaFacts, kind: Kind, count: Count, help: &str, out: &mut Sink<'_>) {
    if facts.is_between_systems() && !count.is_told_between_systems() {
        out.skip(facts.on(), "SQLite and Postgres tell this in other ways");
        return;
    }
    if !facts.is_postgres() && POSTGRES_ALONE.contains(&kind) {
        out.skip(facts.on(), "SQLite has no such thing");
        return;
    }
    if facts.sides.is_built && matches!(kind, Kind::Owner | Kind::Grant) {
        out.skip(
            facts.on(),
            "the expectation was built by another role, so it says nothing about owners and grants",
        );
        return;
    }
    facts.tell(kind, Looked::at(facts.most(|schema| count.of(schema)), count.unit()), help, out);
}

/// Rules that tell one kind of difference each: their function, what it tells, what it counts, what to do.
macro_rules! told {
    ($($function:ident: $kind:ident, $count:ident, $help:literal;)+) => {
        $(fn $function(facts: &SchemaFacts, out: &mut Sink<'_>) {
            tell(facts, Kind::$kind, Count::$count, $help, out);
        })+
    };
}

told! {
    missing_table: MissingTable, Tables, "run the migration that makes it, or mend the expectation";
    extra_table: ExtraTable, Tables, "write the migration that makes it, drop it, or declare it under `[[schema.ignore]]`";
    table_differs: TableDiffers, Tables, "write a migration, or mend the expectation";
    missing_column: MissingColumn, Columns, "run the migration that adds it, or mend the expectation";
    extra_column: ExtraColumn, Columns, "write the migration that adds it, drop it, or declare it under `[[schema.ignore]]`";
    type_mismatch: TypeMismatch, Columns, "write a migration; where both mean the same, declare it under `schema.types`";
    nullability: Nullability, Columns, "write a migration, or mend the expectation";
    default: Default, Columns, "write a migration, or mend the expectation";
    missing_constraint: MissingConstraint, Constraints, "add it; rows that break it are to be mended first";
    extra_constraint: ExtraConstraint, Constraints, "write the migration that adds it, or drop it";
    constraint_differs: ConstraintDiffers, Constraints, "write a migration; `schema.names = false` lets names differ";
    not_valid_constraint: NotValidConstraint, Constraints, "mend the rows that break it, then VALIDATE CONSTRAINT";
    missing_index: MissingIndex, Indexes, "build it, on a live table concurrently";
    extra_index: ExtraIndex, Indexes, "write the migration that builds it, or drop it";
    index_differs: IndexDiffers, Indexes, "build the right one beside it, then drop the old one";
    invalid_index: InvalidIndex, Indexes, "drop it and build it again: the build that made it failed";
    trigger_differs: TriggerDiffers, Triggers, "write a migration, or mend the expectation";
    policy_differs: PolicyDiffers, Tables, "write a migration: who sees which rows is at stake";
    view_differs: ViewDiffers, Views, "write a migration, or mend the expectation";
    enum_differs: EnumDiffers, Enums, "add the labels that lack by a migration; labels cannot be removed";
    type_differs: TypeDiffers, Types, "write a migration, or mend the expectation";
    sequence_differs: SequenceDiffers, Sequences, "write a migration, or mend the expectation";
    function_differs: FunctionDiffers, Functions, "write a migration, or mend the expectation";
    extension_missing: ExtensionMissing, Extensions, "create the extension; the server must have it installed";
    extra_extension: ExtraExtension, Extensions, "write the migration that creates it, or drop it";
    extension_version: ExtensionVersion, Extensions, "update the extension, or mend the expectation";
    namespace_differs: NamespaceDiffers, Namespaces, "create it, drop it, or name the schemas to compare under `schema.schemas`";
    object_differs: ObjectDiffers, Others, "write a migration, or mend the expectation";
    owner: Owner, Held, "alter the owner, or turn the rule off where roles differ on purpose";
    grant: Grant, Held, "grant or revoke, or turn the rule off where roles differ on purpose";
    comment: Comment, Held, "write a migration, or turn the rule off";
}
