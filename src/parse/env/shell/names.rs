//! Names with a meaning of their own.

/// `[A-Za-z_][A-Za-z0-9_]*`
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_part)
}

pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

pub(super) fn is_name_part(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// Variables that bash or dash sets, refuses to set, or computes.
pub(in crate::parse::env) fn is_own(name: &str) -> bool {
    name.starts_with("BASH")
        || matches!(
            name,
            "UID"
                | "EUID"
                | "PPID"
                | "GROUPS"
                | "RANDOM"
                | "SRANDOM"
                | "SECONDS"
                | "LINENO"
                | "SHLVL"
                | "SHELLOPTS"
                | "FUNCNAME"
                | "DIRSTACK"
                | "HISTCMD"
                | "EPOCHSECONDS"
                | "EPOCHREALTIME"
                | "OPTIND"
                | "OPTARG"
                | "POSIXLY_CORRECT"
                | "COMP_WORDBREAKS"
                | "_"
        )
}

/// Why the command that this word begins may reach further than its line; `None` if it doesn't. `first` is whether no
/// assignment stands before it: only then a reserved word is one.
pub(super) fn program(word: Option<&str>, first: bool) -> Option<&'static str> {
    let Some(word) = word else { return Some("what it runs is named by a value") };
    let reserved = matches!(
        word,
        "if" | "then"
            | "else"
            | "elif"
            | "fi"
            | "do"
            | "done"
            | "case"
            | "esac"
            | "while"
            | "until"
            | "for"
            | "{"
            | "}"
            | "!"
            | "function"
            | "select"
            | "time"
            | "coproc"
            | "[["
    );
    let builtin = matches!(
        word,
        "exit"
            | "return"
            | "exec"
            | "eval"
            | "."
            | "source"
            | "set"
            | "unset"
            | "alias"
            | "unalias"
            | "trap"
            | "shopt"
            | "readonly"
            | "declare"
            | "typeset"
            | "local"
            | "enable"
            | "builtin"
            | "command"
            | "read"
            | "printf"
            | "getopts"
            | "let"
            | "mapfile"
            | "readarray"
            | "cd"
            | "shift"
            | "break"
            | "continue"
            | "wait"
    );
    // in sh the assignments before a special builtin stay
    let lasting = !first && matches!(word, "export" | ":" | "times");
    (reserved && first || builtin || lasting).then_some("it is a program")
}
