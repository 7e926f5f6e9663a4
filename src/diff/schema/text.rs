//! The canonical text of what stands on one side alone, and of a column: what a diff shows of it.
use crate::model::schema::{Column, ColumnRole, Constraint, Index, RowSecurity, Table, Trigger};

/// A table with all that hangs on it, a line each.
pub(super) fn table(table: &Table) -> String {
    let mut lines = vec![format!("{} {}", table.kind.word(), table.id())];
    let mut add = |line: String| lines.push(format!("  {line}"));
    for one in &table.columns {
        add(column(one));
    }
    for one in &table.constraints {
        add(constraint(one));
    }
    for one in &table.indexes {
        add(format!("INDEX {} {}", one.name, index(one)));
    }
    for one in &table.triggers {
        add(trigger(one));
    }
    for one in &table.policies {
        add(format!("POLICY {} {}", one.name, one.definition));
    }
    match table.row_security {
        RowSecurity::Off => {}
        RowSecurity::On => add("ROW SECURITY".to_owned()),
        RowSecurity::Forced => add("ROW SECURITY FORCED".to_owned()),
    }
    if table.unlogged {
        add("UNLOGGED".to_owned());
    }
    let words = [("PARTITION BY", &table.partition_by), ("BOUND", &table.bound)];
    for (word, value) in words.into_iter().filter_map(|(word, value)| Some((word, value.as_ref()?))) {
        add(format!("{word} {value}"));
    }
    for (word, values) in [("PARENTS", &table.parents), ("OPTIONS", &table.options)] {
        if !values.is_empty() {
            add(format!("{word} {}", values.join(", ")));
        }
    }
    for line in table.definition.iter().flat_map(|definition| definition.lines()) {
        add(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// A column as a statement would declare it.
pub(super) fn column(column: &Column) -> String {
    let mut text = format!("{} {}", column.name, column.declared);
    if let Some(collation) = &column.collation {
        text.push_str(" COLLATE ");
        text.push_str(collation);
    }
    if column.not_null {
        text += " NOT NULL";
    }
    let value = column.default.as_deref();
    let source = match (column.role, &column.identity, value) {
        (_, Some(identity), _) => format!(" GENERATED {identity} AS IDENTITY"),
        (ColumnRole::Generated, None, Some(value)) => format!(" GENERATED ALWAYS AS ({value}) STORED"),
        (ColumnRole::GeneratedVirtual, None, Some(value)) => {
            format!(" GENERATED ALWAYS AS ({value}) VIRTUAL")
        }
        (_, None, Some(value)) => format!(" DEFAULT {value}"),
        (_, None, None) => String::new(),
    };
    text.push_str(&source);
    for option in &column.options {
        text.push(' ');
        text.push_str(option);
    }
    text
}

/// A constraint with its name, where it has one.
pub(super) fn constraint(constraint: &Constraint) -> String {
    let text = format!("{} {}", constraint.name, constraint.definition);
    text.trim().to_owned() + if constraint.not_valid { " NOT VALID" } else { "" }
}

/// An index without its name.
pub(super) fn index(index: &Index) -> String {
    format!("{}{}", if index.unique { "UNIQUE " } else { "" }, index.definition)
}

/// A trigger, and when it fires.
pub(super) fn trigger(trigger: &Trigger) -> String {
    let fires = trigger.fires.iter().map(|fires| format!(" {fires}")).collect::<String>();
    format!("{}{fires}", trigger.definition)
}
