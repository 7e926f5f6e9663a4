//! One spelling for what is the same.
use crate::model::schema::{Column, System};

/// White space collapsed to one blank where it parts two words, and left out beside punctuation; nothing inside quotes
/// is touched. Words outside quotes become lower case.
pub(super) fn text(sql: &str) -> String {
    compact(&literals(sql))
}

/// Texts of one column's `IN`, which Postgres writes in another way once it has read what it wrote itself: first
/// `(ARRAY['a'::character varying])::text[]`, and after a dump `ARRAY[('a'::character varying)::text]`.
pub(super) fn literals(sql: &str) -> String {
    const CAST: &str = "::character varying";
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let single = rest.strip_prefix('(').and_then(|inside| {
            let (literal, behind) = inside.split_at_checked(literal_end(inside)?)?;
            Some((format!("{literal}::text"), behind.strip_prefix(CAST)?.strip_prefix(")::text")?))
        });
        let list = || {
            let mut inside = rest.strip_prefix("(ARRAY[")?;
            let mut all = Vec::new();
            loop {
                let (literal, behind) = inside.split_at_checked(literal_end(inside)?)?;
                all.push(format!("{literal}::text"));
                let behind = behind.strip_prefix(CAST)?;
                match behind.strip_prefix(", ") {
                    Some(next) => inside = next,
                    None => {
                        return Some((
                            format!("ARRAY[{}]", all.join(", ")),
                            behind.strip_prefix("])::text[]")?,
                        ));
                    }
                }
            }
        };
        // What merely looks like that inside a literal is left alone, as the literal is passed over whole.
        let (said, behind) = single.or_else(list).unwrap_or_else(|| {
            let end = if first == '\'' { literal_end(rest) } else { None };
            let (one, behind) = rest.split_at(end.unwrap_or(first.len_utf8()));
            (one.to_owned(), behind)
        });
        out.push_str(&said);
        rest = behind;
    }
    out
}

fn compact(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut chars =
        sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).trim_start().chars().peekable();
    let mut blank = false;
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let parts = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | '$');
        if blank && out.chars().next_back().is_some_and(parts) && parts(c) {
            out.push(' ');
        }
        blank = false;
        match c {
            '\'' | '"' => {
                out.push(c);
                for next in chars.by_ref() {
                    out.push(next);
                    if next == c {
                        break;
                    }
                }
            }
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// The text without brackets that hold all of it.
fn unwrapped(mut sql: &str) -> &str {
    while let Some(inner) = sql.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let mut depth = 0_i32;
        let mut quote = None;
        for c in inner.chars() {
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                return sql;
            }
        }
        sql = inner.trim();
    }
    sql
}

/// The default of a column: a literal without the cast to its own column's type, one spelling for the current time, none
/// for NULL.
pub(super) fn default(column: &Column) -> Option<String> {
    let written = text(column.default.as_ref()?);
    let bare = unwrapped(&written);
    let bare = match literal_end(bare) {
        Some(end) if bare.get(end..).is_some_and(is_plain_cast) => bare.get(..end).unwrap_or(bare),
        _ => bare,
    };
    // A number in quotes is that number, in a column of numbers.
    let inner = bare.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let number = inner.filter(|inner| is_numeric(&column.declared) && inner.parse::<f64>().is_ok());
    let is_boolean = column.declared.trim().eq_ignore_ascii_case("boolean");
    match number.unwrap_or(bare) {
        "null" => None,
        "1" if is_boolean => Some("true".to_owned()),
        "0" if is_boolean => Some("false".to_owned()),
        "now()" | "current_timestamp" | "transaction_timestamp()" | "current_timestamp()" => {
            Some("now()".to_owned())
        }
        other => Some(other.to_owned()),
    }
}

/// Where the literal ends that a text begins with, `'it''s'` or `null`.
fn literal_end(sql: &str) -> Option<usize> {
    if sql == "null" || sql.starts_with("null::") {
        return Some(4);
    }
    let rest = sql.strip_prefix('\'')?;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\'' && chars.next_if(|(_, next)| *next == '\'').is_none() {
            return Some(at + 2);
        }
    }
    None
}

/// A cast and nothing behind it: `::character varying(20)`, `::public.color[]`. That to `regclass` and its kin names an
/// object, and stays.
fn is_plain_cast(sql: &str) -> bool {
    let Some(name) = sql.strip_prefix("::") else { return false };
    !name.starts_with("reg")
        && !name.contains("::")
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '.' | '"' | '(' | ')' | '[' | ']' | ','))
}

fn is_numeric(declared: &str) -> bool {
    let declared = declared.to_ascii_lowercase();
    ["int", "numeric", "decimal", "real", "double", "float"].iter().any(|word| declared.contains(word))
}

/// A type in Postgres' own words. A system that takes any word for a type knows more spellings.
pub(super) fn type_of(declared: &str, system: System) -> String {
    let written = declared.trim().to_ascii_lowercase();
    let (name, rest) = match written.split_once('(') {
        Some((name, rest)) => (name.trim().to_owned(), format!("({rest}")),
        None => (written.clone(), String::new()),
    };
    let name = match name.as_str() {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "varchar" => "character varying",
        "char" | "nchar" => "character",
        "decimal" => "numeric",
        "float8" | "float" | "double" => "double precision",
        "float4" => "real",
        "timestamptz" => "timestamp with time zone",
        "timestamp" if rest.is_empty() => "timestamp without time zone",
        "time" if rest.is_empty() => "time without time zone",
        "datetime" if system == System::Sqlite => "timestamp without time zone",
        "blob" if system == System::Sqlite => "bytea",
        other => other,
    };
    format!("{name}{}", rest.replace(' ', "").replace(')', ") ").trim_end())
}

/// A view's query. Postgres before 16 writes the table before each column of a view of one table, later ones don't.
pub(super) fn view(query: &str, drops_lone_table: bool) -> String {
    let query = text(query);
    let lone = if drops_lone_table { lone_table(&query) } else { None };
    match lone {
        Some(name) => {
            let named = format!("{name}.");
            let mut out = String::with_capacity(query.len());
            let mut rest = query.as_str();
            while let Some((before, after)) = rest.split_once(&named) {
                out.push_str(before);
                let is_word = before
                    .chars()
                    .next_back()
                    .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"'));
                if is_word {
                    out.push_str(&named);
                }
                rest = after;
            }
            out + rest
        }
        None => query,
    }
}

/// The name by which the columns of the only table of a query are known.
fn lone_table(query: &str) -> Option<String> {
    let from = from_clause(query)?;
    // Where a bracket follows, no blank does.
    let end = [
        " where",
        " group by",
        " order by",
        " limit",
        " offset",
        " having",
        " union",
        " window",
        " for update",
    ]
    .iter()
    .filter_map(|word| from.find(word))
    .min()
    .unwrap_or(from.len());
    let from = from.get(..end)?;
    if from.contains([',', '(']) || from.contains(" join ") {
        return None;
    }
    let (table, alias) = from.split_once(' ').unwrap_or((from, ""));
    let name = if alias.is_empty() { table.rsplit('.').next().unwrap_or(table) } else { alias };
    Some(name.to_owned())
}

/// What follows the first `FROM` that stands in no brackets.
fn from_clause(query: &str) -> Option<&str> {
    let mut depth = 0_i32;
    let mut quote = None;
    for (at, c) in query.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, 'f') if depth == 0 => {
                let is_word =
                    query.get(..at)?.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
                if let Some(rest) = query.get(at..)?.strip_prefix("from ").filter(|_| !is_word) {
                    return Some(rest);
                }
            }
            _ => {}
        }
    }
    None
}

/// A definition as both systems would write it: without the usual namespace, without quotes around names, without the casts
/// to text that Postgres adds, without brackets around a lone name or a whole predicate.
pub(super) fn between_systems(definition: &str) -> String {
    let mut plain = text(definition).replace("public.", "").replace(['"', '`', '[', ']'], "");
    for cast in ["::text", "::character varying"] {
        plain = plain.replace(cast, "");
    }
    let plain = lone_names(&plain);
    match plain.split_once("where") {
        Some((before, predicate)) => format!("{before}where {}", unwrapped(predicate.trim())),
        None => plain,
    }
}

/// Takes the brackets from `(name)`, unless they are those of a call or of a list of keys.
fn lone_names(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('(') {
        out.push_str(before);
        let name = after.split_once(')').map(|(name, _)| name);
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let opens = out.chars().next_back().is_some_and(|c| matches!(c, '(' | ','));
        rest = if let Some(name) = name.filter(is_name).filter(|_| opens) {
            out.push_str(name);
            after.get(name.len() + 1..).unwrap_or_default()
        } else {
            out.push('(');
            after
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_of(declared: &str, written: &str) -> Option<String> {
        let column = Column { declared: declared.into(), default: Some(written.into()), ..Column::default() };
        default(&column)
    }

    #[test]
    fn defaults_that_are_the_same_are_spelled_alike() {
        for (declared, one, other) in [
            ("text", "'x'::text", "'x'"),
            ("character varying(3)", "'it''s'::character varying(3)", "('it''s')"),
            ("integer", "'5'::smallint", "5"),
            ("timestamp with time zone", "CURRENT_TIMESTAMP", "now( )"),
            ("jsonb", "'{}'::jsonb", "'{}'"),
            ("text", "lower('A'::text)", "LOWER( 'A'::text )"),
        ] {
            assert_eq!(default_of(declared, one), default_of(declared, other), "{one}");
        }
        assert_eq!(default_of("text", "NULL::character varying"), None);
    }

    #[test]
    fn defaults_that_differ_stay_different() {
        for (declared, one, other) in [
            ("text", "'x'", "'X'"),
            ("text", "'5'", "5"),
            ("text", "'a '::text", "'a'::text"),
            ("bigint", "nextval('a'::regclass)", "nextval('b'::regclass)"),
            ("text", "'a'::text || 'b'::text", "'a'::text"),
            ("text", "(1) + (2)", "1) + (2"),
        ] {
            assert_ne!(default_of(declared, one), default_of(declared, other), "{one}");
        }
    }

    #[test]
    fn lists_of_texts_are_the_same_before_and_after_a_dump() {
        let first =
            "((a)::text = ANY ((ARRAY['x'::character varying, 'it''s)'::character varying])::text[]))";
        let after =
            "((a)::text = ANY (ARRAY[('x'::character varying)::text, ('it''s)'::character varying)::text]))";
        assert_eq!(text(first), text(after));
        assert_eq!(literals(first), "((a)::text = ANY (ARRAY['x'::text, 'it''s)'::text]))");
        for other in [
            "((a)::text = ANY (ARRAY[('x'::character varying)::text, ('its)'::character varying)::text]))",
            "((a)::text = ANY (ARRAY[('x'::character varying(1))::text, ('it''s)'::character varying)::text]))",
            "((a)::text = ALL (ARRAY[('x'::character varying)::text, ('it''s)'::character varying)::text]))",
        ] {
            assert_ne!(text(first), text(other));
        }
        let quoted = "a = '(''x''::character varying)::text'";
        assert_eq!(literals(quoted), quoted);
    }

    #[test]
    fn a_lone_table_is_left_out_of_its_columns() {
        let old =
            view(" SELECT users.id, lower(users.name)\n FROM public.users\n WHERE (users.id > 1);", true);
        assert_eq!(old, view(" SELECT id, lower(name)\n FROM public.users\n WHERE (id > 1);", true));
        let dated = "SELECT EXTRACT(year FROM {}at) AS y FROM users";
        assert_eq!(view(&dated.replace("{}", "users."), true), view(&dated.replace("{}", ""), true));
        let joined = " SELECT a.id FROM (a JOIN b ON (a.id = b.id))";
        assert_eq!(view(joined, true), view(joined, false));
        assert_ne!(view("SELECT users.id FROM users", true), view("SELECT users.other FROM users", true));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_and_twice_is_once(sql in "[a-z '\"().,:;$]{0,40}|\\PC{0,20}") {
            let once = text(&sql);
            proptest::prop_assert_eq!(text(&once), once.clone());
            for _ in [view(&sql, true), between_systems(&sql)] {}
            let _ = default_of(&sql, &sql);
        }
    }

    #[test]
    fn no_semicolon_is_left_at_the_end() {
        assert_eq!(text(" a; ;\n;"), "a");
    }

    #[test]
    fn brackets_that_bind_are_kept() {
        let differ = ["btree (a) WHERE ((a OR b) AND c)", "btree (a) WHERE (a OR (b AND c))"];
        assert_ne!(between_systems(differ[0]), between_systems(differ[1]));
        let same = [
            "btree (lower((email)::text)) WHERE (email IS NOT NULL)",
            "btree (lower(\"email\")) where email is not null",
        ];
        assert_eq!(between_systems(same[0]), between_systems(same[1]));
    }
}
