//! A constraint or an index that stands, and by which names it may.
use crate::chain::naming::made_by_postgres;
use crate::model::naming::Name;
use crate::model::operation::{Constraint, ConstraintKind, TableName};

/// A constraint or an index that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its table.
    pub table: TableName,
    /// Of what sort a constraint is; nothing for an index.
    pub kind: Option<ConstraintKind>,
    /// Its name.
    pub name: Name,
    /// Its columns; of an expression nothing.
    pub columns: Vec<Option<String>>,
    /// Whether it stands whatever the conditions.
    pub is_sure: bool,
    pub(super) refers_to: Option<TableName>,
}

impl Known {
    /// Whether its name may be another than the one that is told: the convention may have come later, and then SQLAlchemy or
    /// the database made one up.
    pub(super) fn may_be(&self, name: &str) -> bool {
        match &self.name {
            Name::Exact(_) => !self.is_sure,
            Name::Convention(_) => {
                let columns: Vec<&str> = self.columns.iter().flatten().map(String::as_str).collect();
                let made =
                    self.kind.and_then(|kind| made_by_postgres(&self.table.name, &self.constraint(kind)));
                let first = columns.first().copied().unwrap_or_default();
                !self.is_sure
                    || made.is_some_and(|made| name.starts_with(&made))
                    || name == format!("ix_{}_{first}", self.table.name)
                    || name == first
                    || name.contains("ibfk")
            }
            Name::Unsaid | Name::Said(_) | Name::Made | Name::Untold => true,
        }
    }

    /// The same as a constraint of a sort.
    pub(super) fn constraint(&self, kind: ConstraintKind) -> Constraint {
        Constraint {
            kind,
            name: Name::Unsaid,
            columns: self.columns.iter().flatten().cloned().collect(),
            refers_to: self.refers_to.clone(),
            refers_columns: Vec::new(),
            not_valid: false,
        }
    }
}

/// What an index may be dropped as: some databases make one for a constraint.
pub(super) const NAMED_INDEX: &[Option<ConstraintKind>] =
    &[None, Some(ConstraintKind::Unique), Some(ConstraintKind::ForeignKey)];

/// Whether the database keeps an index of that name: of an index, and of a constraint that has one.
pub(super) fn has_index(kind: Option<ConstraintKind>) -> bool {
    !matches!(kind, Some(ConstraintKind::ForeignKey | ConstraintKind::Check))
}
