//! `alembic.ini` and `[tool.alembic]` of `pyproject.toml`, as Alembic takes its settings from them together.
use toml::de::{DeTable, DeValue};

use super::ini::Ini;
use crate::model::chain::{Address, ChainSettings, ConfigProblem, Location, Written};
use crate::model::{Cause, Hidden, Lines, Span};

/// What stands for the configuration's folder while values are taken apart: absolute, as the folder itself would be, and
/// without the blanks and colons that a real path may have.
const HERE: &str = "/\u{1}here";

/// The template of file names when none is set.
const FILE_TEMPLATE: &str = "%(rev)s_%(slug)s";

/// The most characters of a slug when no number is set, or 0.
const SLUG_CHARACTERS: usize = 40;

const URL: &str = "sqlalchemy.url";

/// The sections of an ini file that name a script folder of their own; `alembic` first.
pub fn sections(text: &str) -> Vec<String> {
    let Ok(ini) = Ini::read(text) else { return Vec::new() };
    let mut named: Vec<String> =
        ini.sections().filter(|name| ini.has_own(name, "script_location")).map(str::to_owned).collect();
    named.sort_by_key(|name| name != "alembic");
    named
}

/// Whether a `pyproject.toml` configures Alembic.
pub fn is_configured(toml: &str) -> bool {
    toml.contains("alembic")
        && Toml::read(toml).is_ok_and(|toml| toml.text("script_location").is_ok_and(|it| it.is_some()))
}

/// The settings of one section.
///
/// # Errors
/// The first thing on which Alembic stops, in the ini file's or the TOML file's lines.
pub fn settings(
    ini: Option<&str>,
    toml: Option<&str>,
    section: &str,
) -> Result<ChainSettings, ConfigProblem> {
    let parsed = ini.map(Ini::read).transpose();
    let ini = parsed.map_err(|why| problem(why, "Alembic's own reader of ini files stops here"))?;
    let toml = toml.map_or_else(|| Ok(Toml::default()), Toml::read)?;
    let both = Both { ini: ini.unwrap_or_default(), toml, section };
    let number = match both.toml.table.get("truncate_slug_length").and_then(toml::Value::as_integer) {
        Some(number) if !both.ini.has_own(section, "truncate_slug_length") => Some(number),
        _ => both.number("truncate_slug_length")?,
    };
    let script = both.text("script_location")?;
    let url = both.own(URL).ok().flatten();
    Ok(ChainSettings {
        script_span: script
            .as_ref()
            .filter(|_| both.ini.has_own(section, "script_location"))
            .map(|at| at.span),
        script_location: script.map(|script| location(&script.text)),
        version_locations: both.list("version_locations", &["path_separator", "version_path_separator"])?,
        search_path: both.list("prepend_sys_path", &["path_separator"])?,
        recursive: both.flag("recursive_version_locations")?,
        sourceless: both.flag("sourceless")?,
        file_template: both
            .text("file_template")?
            .map_or_else(|| FILE_TEMPLATE.to_owned(), |template| template.text),
        slug_characters: number
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number > 0)
            .unwrap_or(SLUG_CHARACTERS),
        timezone: both.text("timezone")?.map(|zone| zone.text).filter(|zone| !zone.is_empty()),
        url: url.map(|url| (Hidden::new(url.text), url.span)),
        addresses: both.addresses(),
    })
}

fn problem(at: Written, hint: &str) -> ConfigProblem {
    ConfigProblem { span: at.span, in_toml: false, cause: Cause::new(at.text).hint(hint) }
}

/// A folder as it is named.
pub fn location(text: &str) -> Location {
    if let Some(below) = text.strip_prefix(HERE) {
        return Location::Here(below.trim_start_matches('/').to_owned());
    }
    match text.split_once(':') {
        Some((package, path)) if !text.starts_with('/') => {
            Location::Package(package.to_owned(), path.replace(':', "/"))
        }
        _ => Location::Path(text.to_owned()),
    }
}

/// The two files; an option of the ini file's section comes first.
struct Both<'s> {
    ini: Ini,
    toml: Toml,
    section: &'s str,
}

impl Both<'_> {
    /// An option of the ini file.
    fn own(&self, key: &str) -> Result<Option<Written>, ConfigProblem> {
        let hint = "Alembic stops when it needs this value";
        self.ini.get(self.section, key, &[("here", HERE)]).map_err(|why| problem(why, hint))
    }

    /// The URLs of this section and of the others that have one of their own.
    fn addresses(&self) -> Vec<Address> {
        let others = self.ini.sections().filter(|name| *name != self.section && self.ini.has_own(name, URL));
        let read = |name: &str| {
            let (written, is_broken) = self.ini.written(name, URL)?;
            let whole = self.ini.get(name, URL, &[("here", HERE)]).ok().flatten();
            let text = whole.map_or(written.text, |whole| whole.text);
            let section = (name != self.section).then(|| name.to_owned());
            Some(Address { section, url: Hidden::new(text), span: written.span, is_broken })
        };
        std::iter::once(self.section).chain(others).filter_map(read).collect()
    }

    fn text(&self, key: &str) -> Result<Option<Written>, ConfigProblem> {
        match self.own(key)? {
            Some(own) => Ok(Some(own)),
            None => self.toml.text(key),
        }
    }

    /// Only the word `true` is true in an ini file.
    fn flag(&self, key: &str) -> Result<bool, ConfigProblem> {
        match self.own(key)? {
            Some(own) => Ok(own.text == "true"),
            None => match self.toml.table.get(key) {
                None => Ok(false),
                Some(toml::Value::Boolean(flag)) => Ok(*flag),
                Some(_) => Err(self.toml.problem(key, "is neither true nor false")),
            },
        }
    }

    fn number(&self, key: &str) -> Result<Option<i64>, ConfigProblem> {
        let Some(own) = self.text(key)? else { return Ok(None) };
        if let Ok(number) = own.text.trim().replace('_', "").parse() {
            Ok(Some(number))
        } else {
            let text = format!("`{key}` is no whole number");
            Err(problem(Written { text, ..own }, "write digits, or leave it out"))
        }
    }

    /// A list of folders, split as the first separator that is set says; without one as old versions did.
    fn list(&self, key: &str, separators: &[&str]) -> Result<Vec<Location>, ConfigProblem> {
        let Some(own) = self.own(key)?.filter(|own| !own.text.is_empty()) else {
            return Ok(self.toml.list(key)?.iter().map(|text| location(text)).collect());
        };
        for separator in separators {
            let Some(named) = self.own(separator)? else { continue };
            let split = match named.text.as_str() {
                "space" => ' ',
                "newline" => '\n',
                "os" | ":" => ':',
                ";" => ';',
                _ => {
                    let text = format!("`{separator}` is none of `os`, `space`, `newline`, `:`, `;`");
                    return Err(problem(Written { text, ..named }, "write one of these words"));
                }
            };
            let parts = own.text.split(split).filter(|part| !part.is_empty());
            return Ok(parts.map(|part| location(part.trim())).collect());
        }
        let is_colon = |c: char| c == ':' && key == "prepend_sys_path";
        let parts = own.text.split(|c: char| c == ' ' || c == ',' || is_colon(c));
        Ok(parts.filter(|part| !part.is_empty()).map(location).collect())
    }
}

/// `[tool.alembic]`.
#[derive(Default)]
struct Toml {
    table: toml::Table,
    /// Where the keys stand.
    spans: Vec<(String, Span)>,
}

impl Toml {
    fn read(text: &str) -> Result<Self, ConfigProblem> {
        let table = text.parse::<toml::Table>().map_err(|error| ConfigProblem {
            span: Lines::new(text).span(error.span().unwrap_or_default()),
            in_toml: true,
            cause: Cause::new("it is no TOML").hint("Alembic reads `[tool.alembic]` in it, and stops here"),
        })?;
        let tool = table.get("tool").and_then(|tool| tool.get("alembic")).and_then(toml::Value::as_table);
        Ok(Self { table: tool.cloned().unwrap_or_default(), spans: spans(text) })
    }

    fn problem(&self, key: &str, what: &str) -> ConfigProblem {
        let span = self.spans.iter().find(|(name, _)| name == key).map(|(_, span)| *span);
        let text = format!("`{key}` {what}");
        let written = Written { text, span: span.unwrap_or(Span::on_line(1, 1, 1)) };
        ConfigProblem { in_toml: true, ..problem(written, "mend it in `[tool.alembic]`") }
    }

    fn text(&self, key: &str) -> Result<Option<Written>, ConfigProblem> {
        match self.table.get(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(self.fill(key, text)?)),
            Some(_) => Err(self.problem(key, "is no text")),
        }
    }

    fn list(&self, key: &str) -> Result<Vec<String>, ConfigProblem> {
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(toml::Value::Array(items)) => {
                let text = |item: &toml::Value| match item.as_str() {
                    Some(text) => Ok(self.fill(key, text)?.text),
                    None => Err(self.problem(key, "holds something that is no text")),
                };
                items.iter().map(text).collect()
            }
            Some(_) => Err(self.problem(key, "is no list")),
        }
    }

    /// Python's `%` with the folder as its one name.
    fn fill(&self, key: &str, text: &str) -> Result<Written, ConfigProblem> {
        let span =
            self.spans.iter().find(|(name, _)| name == key).map_or(Span::on_line(1, 1, 1), |(_, span)| *span);
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            filled.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                filled.push('%');
                rest = after;
            } else if let Some(after) = after.strip_prefix("(here)s") {
                filled.push_str(HERE);
                rest = after;
            } else {
                return Err(self.problem(key, "has a `%` that is neither `%%` nor `%(here)s`"));
            }
        }
        filled.push_str(rest);
        Ok(Written { text: filled, span })
    }
}

fn spans(text: &str) -> Vec<(String, Span)> {
    let (root, _) = DeTable::parse_recoverable(text);
    let alembic = inner(root.get_ref(), "tool").and_then(|tool| inner(&tool, "alembic"));
    let lines = Lines::new(text);
    let table = alembic.unwrap_or_default();
    table.iter().map(|(key, _)| (key.get_ref().to_string(), lines.span(key.span()))).collect()
}

fn inner<'t>(table: &DeTable<'t>, key: &str) -> Option<DeTable<'t>> {
    match table.get(key).map(toml::Spanned::get_ref) {
        Some(DeValue::Table(table)) => Some(table.clone()),
        _ => None,
    }
}
