//! `trueup.toml` as people write it: what is read, and every mistake named at once.
use super::*;

fn said(text: &str) -> Vec<String> {
    let source = Source { path: "trueup.toml".into(), text: text.into() };
    let show = |mistake: Mistake| {
        let start = source.place(mistake.range).span.start;
        let help = mistake.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{}: {}{help}", start.line, start.column, mistake.message)
    };
    read(text).err().unwrap_or_default().into_iter().map(show).collect()
}

#[test]
fn every_mistake_at_once_with_its_place() {
    let text = "\
[env]
templates = \"x\"
service = [{ name = 3, template = \"a\" }]
[rules]
\"env/duplicate-key\" = \"wran\"
[[skip]]
table = \"x\"
[verify]
sample = -1
";
    assert_eq!(
        said(text),
        [
            "2:1: `env` has no key `templates` (did you mean `template`?)",
            "3:21: `name` must be a string, not a whole number",
            "5:23: `env/duplicate-key` must be one of `off`, `warn`, `error` (did you mean `warn`?)",
            "6:1: `skip` lacks `reason`",
            "9:10: `sample` must be at least 0",
        ]
    );
}

#[test]
fn syntax_mistakes_have_places() {
    let all = said("[env\ntemplate = 1\n");
    assert!(all.first().is_some_and(|first| first.starts_with("1:")), "{all:?}");
}

#[test]
fn what_the_shape_cannot_say() {
    let text = "\
[env]
local_only = [\"[\"]
[[skip]]
table = \"x\"
reason = \" \"
[[allow]]
rule = \"env/x\"
reason = \"y\"
expires = \"soon\"
";
    let all = said(text);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all[0].starts_with("2:15: `[` is no glob"), "{all:?}");
    assert_eq!(all[1], "5:10: the reason is empty (say why, for whoever reads it next)");
    assert!(all[2].starts_with("9:11: `soon` is no date"), "{all:?}");
}

#[test]
fn days_need_no_quotes() {
    let text = |day: &str| {
        let removal = format!("ids = [\"x\"]\nremoved = {day}\n");
        let allow = format!("rule = \"env/x\"\nreason = \"y\"\nexpires = {day}\n");
        format!("[[pins.removal]]\n{removal}[[allow]]\n{allow}")
    };
    let day = |written: &str| super::read(&text(written)).unwrap().pins.unwrap().removal[0].removed.clone();
    assert_eq!(day("2026-06-15"), day("\"2026-06-15\""));
    let calendar = super::Calendar::read("[[removal]]\nids = [\"x\"]\nremoved = 2026-06-15\n").unwrap();
    assert_eq!(&**calendar.removal[0].removed, "2026-06-15");
    assert_eq!(
        said(&text("2026")),
        [
            "3:11: `removed` must be a string or a date, not a whole number",
            "7:11: `expires` must be a string or a date, not a whole number"
        ]
    );
    assert_eq!(
        said(&text("10:30:00")),
        [
            "3:11: `10:30:00` is no date (write it as 2027-01-31)",
            "7:11: `10:30:00` is no date (write it as 2027-01-31)"
        ]
    );
    let entry = "[[finding]]\nrule = \"env/x\"\non = \"a\"\nabout = \"b\"\ndigest = \"c\"\nreason = \"d\"\nexpires = 2027-01-31\n";
    let written = super::Baseline::read(entry).unwrap().write();
    assert!(written.contains("expires = \"2027-01-31\""), "{written}");
}

#[test]
fn no_job_compares_nothing() {
    assert_eq!(
        said("verify.jobs = 0\n"),
        [
            "1:15: nothing is compared by no job (write how many tables are compared at the same time, or leave it out for one)"
        ]
    );
    assert_eq!(said("verify.jobs = 2\n"), [""; 0]);
}

#[test]
fn what_zones_may_say() {
    let text = "\
[[zone]]
name = \"a\"
[[zone]]
name = \"b\"
services = [\"x\"]
images = [\"[\"]
[[zone]]
name = \"c\"
services = [\"x\"]
ports = [70000]
";
    assert_eq!(said(text), ["10:10: `ports` must be at most 65535"]);
    let all = said(&text.replace("70000", "443"));
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[0].starts_with("2:8: the zone `a` has neither `compose` nor `services`"), "{all:?}");
    assert!(all[1].starts_with("5:13: `x` is in the zone `c` too"), "{all:?}");
    assert!(all[2].starts_with("6:11: `[` is no glob"), "{all:?}");
    assert!(all[3].starts_with("9:13: `x` is in the zone `b` too"), "{all:?}");
    let own = text.replace("[\"[\"]\n", "[]\ncompose = [\"b.yml\"]\n").replace("70000", "443");
    let own = own.replace("name = \"c\"", "name = \"c\"\ncompose = [\"c.yml\"]");
    assert_eq!(said(&own).len(), 1, "services of two projects are two services");
}

#[test]
fn another_version_is_the_only_thing_said() {
    let all = said("requires = \">=99\"\nnew_thing = 1\n");
    assert_eq!(all.len(), 1);
    assert!(all[0].contains("requires trueup >=99"), "{all:?}");
}

#[test]
fn a_whole_manifest() {
    let text = "\
requires = \">=0.1\"
[project]
name = \"museum\"
[endpoints.source]
kind = \"sqlite\"
url = \"${SOURCE:?}\"
[env]
template = \"a\"
[[env.service]]
name = \"agent\"
template = \"b\"
[guard]
when = { APP_ENV = \"production\" }
[[guard.require]]
when = { M = \"google-gla:*\" }
keys = [\"K\"]
[[table]]
from = \"users\"
rename = { a = \"b\" }
default = { size = 0, ratio = 0.5, name = \"x\", on = true }
where = \"active\"
if_empty = \"skip\"
";
    assert_eq!(said(text), [] as [String; 0]);
    let manifest = read(text).unwrap();
    let table = &manifest.table[0];
    assert_eq!(table.default.values().last(), Some(&Scalar::Int(0)));
    assert_eq!(table.rename.iter().next().map(|(from, to)| (from.as_str(), to.as_str())), Some(("a", "b")));
}

#[test]
fn a_contract_that_cannot_be_meant() {
    let text = "\
[[guard.value]]
key = \"A\"
is = []
[[guard.value]]
key = \"B\"
is = [\"ok\", \"[\"]
[guard]
dialect = \"docker\"
";
    let all = said(text);
    assert_eq!(all.len(), 1, "the shape comes first: {all:?}");
    assert!(all[0].contains("`dialect` must be one of"), "{all:?}");
    let all = said(&text.replace("docker", "env-file"));
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].starts_with("2:7: `is` allows no value"), "{all:?}");
    assert!(all[1].starts_with("5:7: `[` is no glob"), "{all:?}");
}

#[test]
fn an_image_check_that_cannot_be_meant() {
    let text = "\
[guard.command]
run = []
refused = [0]
timeout = \"soon\"
engine = \"podman\"
first_deploy = \"accept\"
";
    let all = said(text);
    let lines: Vec<&str> = all.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(lines, ["2", "3", "4", "5", "6"], "{all:?}");
    let text = "[guard.command]\nrun = [\"x\"]\nrefused = [1, 124]\ntimeout = \"1m30s\"\nimage = \"i\"\nfirst_deploy = \"accept\"\n";
    let guard = read(text).unwrap().guard.unwrap().command.unwrap();
    assert_eq!((guard.refusals(), guard.patience().as_secs()), (&[1, 124][..], 90));
}

#[test]
fn realms_and_models_of_servers() {
    let text = "\
[endpoints.app]
url = \"sqlite:app.db\"
realm = \"kea\"
[endpoints.kc]
kind = \"keycloak\"
url = \"${U}\"
client = { id = \"a\", token_url = \"${I}\" }
[endpoints.fga]
kind = \"openfga\"
url = \"${U}\"
store = \"${S}\"
client = { id = \"a\", user = \"b\", token_url = \"${I}\" }
[[verify.realm]]
name = \"a\"
source = { on = \"kc\" }
target = { on = \"app\" }
[[verify.realm]]
name = \"b\"
source = { path = \"a.json\", on = \"kc\" }
target = {}
[[acl]]
on = \"app\"
[[acl]]
model = \"m.fga\"
[[acl]]
on = \"fga\"
exists = { user = { sql = \"select 1\", on = \"kc\" }, agent = {} }
";
    let lines: Vec<String> =
        said(text).into_iter().map(|one| one.split(" (").next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "3:9: endpoint `app` is no realm of Keycloak",
            "6:7: endpoint `kc` names no realm",
            "7:17: the client has nothing to enter with",
            "12:17: the client has only one of `user` and `password`",
            "16:17: `app` is no realm of Keycloak",
            "18:8: the target of `b` is nothing",
            "19:34: the source is an export and an endpoint",
            "22:6: there is no endpoint `app` of `kind = \"openfga\"`",
            "24:9: there are no tuples under this model",
            "27:44: there is no database `kc`",
            "27:52: the names come from nowhere, or from several places",
        ]
    );
}

#[test]
fn stores_of_tuples() {
    let text = "\
[endpoints.source]
url = \"sqlite:old.db\"
token = \"${T}\"
[endpoints.fga]
kind = \"openfga\"
url = \"${U}\"
token = \"${T}\"
client = { id = \"a\", secret = \"${S}\", token_url = \"${I}\" }
[[verify.access]]
name = \"a\"
source = { on = \"source\" }
target = { on = \"fga\", grants = \"select 1\" }
[[verify.access]]
name = \"b\"
source = { on = \"fga\", model = \"m.fga\", tuples = [\"t.json\"] }
target = { on = \"fga\" }
[[verify.access.ids]]
type = \"user\"
from = { sql = \"select 1, 2\", on = \"fga\" }
";
    let lines: Vec<String> =
        said(text).into_iter().map(|one| one.split(" (").next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "3:9: endpoint `source` is no OpenFGA store",
            "6:7: endpoint `fga` names no store",
            "7:9: endpoint `fga` has a `token` and a `client`",
            "11:17: `source` is no OpenFGA store, and nothing is asked of it",
            "12:17: `fga` is an OpenFGA store, which answers no query",
            "15:17: the source is a model in a file and an endpoint",
            "19:36: `fga` is an OpenFGA store, which answers no query",
        ]
    );
}
