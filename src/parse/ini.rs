//! Ini files as Python's `ConfigParser` reads them: its sections, continuation lines, comments and interpolation.
use crate::model::chain::Written;
use crate::model::{Lines, Span, line_number};

/// An ini file that Python would read.
#[derive(Debug, Clone, Default)]
pub struct Ini {
    defaults: Section,
    sections: Vec<Section>,
}

#[derive(Debug, Clone, Default)]
struct Section {
    name: String,
    options: Vec<Opt>,
}

#[derive(Debug, Clone)]
struct Opt {
    key: String,
    lines: Vec<String>,
    span: Span,
}

impl Opt {
    fn raw(&self) -> String {
        self.lines.join("\n").trim_end().to_owned()
    }
}

/// As deep as Python follows references.
const DEEPEST: usize = 10;

/// Longer values come only of references that feed on each other.
const LONGEST: usize = 1 << 16;

impl Ini {
    /// Reads a text.
    ///
    /// # Errors
    /// The first thing on which Python stops, and its line.
    pub fn read(text: &str) -> Result<Self, Written> {
        let mut ini = Self::default();
        // Python reads all line ends as one and the same.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut reading = Reading::default();
        for (index, line) in text.split('\n').enumerate() {
            reading.line(&mut ini, line, line_number(index + 1))?;
        }
        match reading.bogus {
            Some(bogus) => Err(bogus),
            None => Ok(ini),
        }
    }

    /// The sections but `[DEFAULT]`, in order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// Whether a section has an option of its own, not one of `[DEFAULT]`.
    pub fn has_own(&self, section: &str, key: &str) -> bool {
        self.section(section).is_some_and(|section| section.option(key).is_some())
    }

    /// An option of a section, else of `[DEFAULT]`, interpolated; `given` are options from outside. None when the section
    /// has no such option, or when there is no such section.
    ///
    /// # Errors
    /// Why Python stops at its references, and where it stands.
    pub fn get(&self, section: &str, key: &str, given: &[(&str, &str)]) -> Result<Option<Written>, Written> {
        let Some(section) = self.section(section) else { return Ok(None) };
        let Some(option) = section.option(key).or_else(|| self.defaults.option(key)) else {
            return Ok(given
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| Written { text: (*value).to_owned(), span: Span::on_line(1, 1, 1) }));
        };
        let mut text = String::new();
        let look = |name: &str| {
            let own = section.option(name).or_else(|| self.defaults.option(name)).map(Opt::raw);
            own.or_else(|| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        match interpolate(&option.raw(), &look, 1, &mut text) {
            Ok(()) => Ok(Some(Written { text, span: option.span })),
            Err(why) => Err(Written { text: format!("`{key}`: {why}"), span: option.span }),
        }
    }

    /// An option of a section, else of `[DEFAULT]`, as it is written; and whether a `%` in it begins no reference.
    pub fn written(&self, section: &str, key: &str) -> Option<(Written, bool)> {
        let section = self.section(section)?;
        let option = section.option(key).or_else(|| self.defaults.option(key))?;
        let text = option.raw();
        let mut ignored = String::new();
        // Every reference is taken for one that is set, so that only the signs themselves can be wrong.
        let is_broken = interpolate(&text, &|_| Some(String::new()), 1, &mut ignored).is_err();
        Some((Written { text: text.replace("%%", "%"), span: option.span }, is_broken))
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

impl Section {
    fn option(&self, key: &str) -> Option<&Opt> {
        self.options.iter().find(|option| option.key == key)
    }
}

/// The section that is open.
#[derive(Clone, Copy)]
enum Open {
    /// `[DEFAULT]`
    Defaults,
    /// Another one, by its index.
    Section(usize),
}

/// Where a reading stands.
#[derive(Default)]
struct Reading {
    /// The section that is open, once a header was seen.
    open: Option<Open>,
    in_option: bool,
    indent: usize,
    /// The first line that is no option: Python goes on to the end before it stops.
    bogus: Option<Written>,
}

impl Reading {
    fn line(&mut self, ini: &mut Ini, line: &str, number: u32) -> Result<(), Written> {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return Ok(());
        }
        if value.is_empty() {
            if let Some(option) = self.option(ini) {
                option.lines.push(String::new());
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if indent > self.indent
            && let Some(option) = self.option(ini)
        {
            option.lines.push(value.to_owned());
            return Ok(());
        }
        self.indent = indent;
        let at = |text: &str| {
            let width = line_number(value.chars().count());
            Written { text: text.to_owned(), span: Span::on_line(number, line_number(indent + 1), width) }
        };
        if let Some(header) = header(value) {
            return self.header(ini, header).map_err(|why| at(&why));
        }
        let Some(open) = self.open else {
            return Err(at("this line stands before any `[section]`"));
        };
        let option = value.find(['=', ':']).and_then(|end| value.split_at_checked(end));
        let Some((key, rest)) = option.filter(|(key, _)| !key.trim().is_empty()) else {
            self.bogus.get_or_insert_with(|| at("this line is no `key = value`"));
            return Ok(());
        };
        let key = key.trim_end().to_lowercase();
        let section = match open {
            Open::Section(index) => ini.sections.get_mut(index),
            Open::Defaults => Some(&mut ini.defaults),
        };
        let Some(section) = section else { return Ok(()) };
        if section.option(&key).is_some() {
            return Err(at(&format!("`{key}` is set twice in `[{}]`", section.name)));
        }
        let written = rest.get(1..).unwrap_or("").trim();
        section.options.push(Opt { key, lines: vec![written.to_owned()], span: at("").span });
        self.in_option = true;
        Ok(())
    }

    fn header(&mut self, ini: &mut Ini, name: &str) -> Result<(), String> {
        self.in_option = false;
        if name == "DEFAULT" {
            ini.defaults.name = name.to_owned();
            self.open = Some(Open::Defaults);
            return Ok(());
        }
        if ini.section(name).is_some() {
            return Err(format!("`[{name}]` stands here twice"));
        }
        ini.sections.push(Section { name: name.to_owned(), options: Vec::new() });
        self.open = Some(Open::Section(ini.sections.len() - 1));
        Ok(())
    }

    fn option<'i>(&self, ini: &'i mut Ini) -> Option<&'i mut Opt> {
        if !self.in_option {
            return None;
        }
        let section = match self.open? {
            Open::Section(index) => ini.sections.get_mut(index)?,
            Open::Defaults => &mut ini.defaults,
        };
        section.options.last_mut()
    }
}

/// What stands between the first `[` and the last `]`.
fn header(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('[')?;
    let end = inner.rfind(']')?;
    inner.get(..end).filter(|name| !name.is_empty())
}

fn interpolate(
    raw: &str,
    look: &dyn Fn(&str) -> Option<String>,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("its references go round, or more than {DEEPEST} deep"));
    }
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if out.len() > LONGEST {
            return Err("its references make it endless".to_owned());
        }
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let reference = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        let Some((name, after)) = reference.and_then(|(name, after)| Some((name, after.strip_prefix('s')?)))
        else {
            return Err("a single `%` begins a reference; write `%%` for the sign itself".to_owned());
        };
        let name = name.to_lowercase();
        let Some(value) = look(&name).filter(|_| !name.is_empty()) else {
            return Err(format!("it refers to `{name}`, which is not set"));
        };
        interpolate(&value, look, depth + 1, out)?;
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

/// The line of a span, for an excerpt: what follows `=` is left out where it may hold a secret.
pub fn excerpt(text: &str, span: Span) -> String {
    let line = Lines::new(text).line(span.start.line);
    match line.split_once(['=', ':']) {
        Some((key, value)) if value.contains("://") || value.contains('@') => format!("{key}= …"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Ini;

    #[test]
    fn reads_as_python_does() {
        let text =
            "[DEFAULT]\nroot = /r\n[a]\nx: %(root)s/%(here)s\n y\n# c\n\n  z ; no comment\nP = 100%%\n[b]\n";
        let ini = Ini::read(text).unwrap();
        let get = |section, key| ini.get(section, key, &[("here", "h")]).unwrap().map(|one| one.text);
        assert_eq!(get("a", "x").unwrap(), "/r/h\ny\n\nz ; no comment");
        assert_eq!(get("a", "p").unwrap(), "100%");
        assert_eq!(get("b", "root").unwrap(), "/r");
        assert_eq!(get("c", "root"), None);
        assert_eq!(get("b", "here").unwrap(), "h");
    }

    #[test]
    fn stops_where_python_does() {
        for text in ["x = 1", "[a]\nx=1\nX=2", "[a]\n[a]", "[a]\nword", "[a]\n= 1"] {
            assert!(Ini::read(text).is_err(), "{text}");
        }
        let ini = Ini::read("[a]\nx = %(y)s\ny = %(x)s\nz = 5%\nw = %(none)s\nv = %(x)d").unwrap();
        for key in ["x", "y", "z", "w", "v"] {
            assert!(ini.get("a", key, &[]).is_err(), "{key}");
        }
    }
}
