//! Where things stand, and what may be shown of it.
use trueup::model::Place;
use trueup::model::compose::{Operator, ProblemKind};

use crate::case::{Case, cases};

fn at(place: &Place) -> String {
    let (start, end) = (place.span.start, place.span.end);
    let excerpt = place.excerpt.as_deref().unwrap_or("");
    format!("{}:{}:{}-{}:{} |{excerpt}|", place.path, start.line, start.column, end.line, end.column)
}

const TEXT: &str = "\
x-env: &env
  SHARED: one
services:
  agent:
    image: agent:${TAG:-latest}
    environment:
      <<: *env
      URL: \"postgres://u:secret@${HOST}/${DB:-${NAME:-x}}\"
  list:
    image: x
    environment:
      - KEY=secret
      - \"OTHER=$A\"
    ports: [\"8080:80\"]
";

#[test]
fn of_services_variables_and_ports() {
    let project = Case::one(TEXT).read();
    assert!(project.is_whole(), "{:?}", project.problems);
    let agent = project.service("agent").unwrap();
    assert_eq!(at(&agent.place), "compose.yml:4:3-4:8 |  agent:|");
    assert_eq!(at(&agent.image.as_ref().unwrap().place), "compose.yml:5:5-5:10 |    image: …|");
    assert_eq!(at(&agent.variable("SHARED").unwrap().place), "compose.yml:2:3-2:9 |  SHARED: …|");
    assert_eq!(at(&agent.variable("URL").unwrap().place), "compose.yml:8:7-8:10 |      URL: …|");
    let list = project.service("list").unwrap();
    assert_eq!(at(&list.variable("KEY").unwrap().place), "compose.yml:12:9-12:12 |      - KEY=…|");
    assert_eq!(at(&list.variable("OTHER").unwrap().place), "compose.yml:13:10-13:15 |      - *OTHER=…|");
    assert_eq!(at(&list.ports[0].place), "compose.yml:14:13-14:22 |    ports: *…|");
}

#[test]
fn of_references() {
    let project = Case::one(TEXT).read();
    let said: Vec<_> = project
        .references
        .iter()
        .map(|r| format!("{} {:?} {} {} {}", r.name, r.operator, r.nested, r.path.join("/"), at(&r.place)))
        .collect();
    let url = "services/agent/environment/URL compose.yml:8";
    let masked = "|      URL: ********************";
    let expected = [
        format!("HOST Plain false {url}:33-8:39 {masked}*${{HOST…|"),
        format!("DB DefaultIfEmpty false {url}:41-8:45 {masked}*********${{DB:…|"),
        format!("NAME DefaultIfEmpty true {url}:47-8:53 {masked}***************${{NAME:…|"),
        "TAG DefaultIfEmpty false services/agent/image compose.yml:5:18-5:23 |    image: ******${TAG:…|"
            .to_owned(),
        "A Plain false services/list/environment/OTHER compose.yml:13:16-13:18 |      - *******$A…|"
            .to_owned(),
    ];
    assert_eq!(said, expected);
    assert_eq!(project.references[1].operator, Operator::DefaultIfEmpty);
    assert_eq!(project.references[2].word.as_ref().unwrap().reveal(), "x");
}

/// What is wrong, in words: kind and place.
fn problems(text: &str) -> Vec<String> {
    let project = cases(text)[0].read();
    project.problems.iter().map(|p| format!("{:?} {} {}", p.kind, at(&p.place), p.cause.message)).collect()
}

#[test]
fn of_problems() {
    let said = problems(
        "== x\n-- compose.yml --\nservices:\n  a:\n    image: x\n    image: y\n    extends: {file: gone.yml, service: b}\n",
    );
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].starts_with("DuplicateKey compose.yml:4:5-4:10 |    image: …|"), "{said:#?}");
    assert!(said[1].starts_with("Unread compose.yml:5:21-5:29"), "{said:#?}");
    assert!(said[1].ends_with("`gone.yml` can't be read: no such file"), "{said:#?}");
    let said = problems("== x\n-- compose.yml --\nservices:\n\ta: x\n");
    assert!(said[0].starts_with("Syntax compose.yml:2:"), "{said:#?}");
    let said = problems("== x\ncompose: gone.yml\n");
    assert_eq!(said, ["Unread gone.yml:1:1-1:1 || `gone.yml` can't be read: no such file"]);
}

#[test]
fn a_missing_required_variable_does_not_make_the_rest_unread() {
    let project = Case::one("services: {a: {image: \"x:${T:?}\", environment: {K: v}}}\n").read();
    assert_eq!(project.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::Required]);
    assert!(project.is_whole());
    assert!(project.service("a").unwrap().variable("K").is_some());
}

#[test]
fn what_a_blank_leaves_out_is_missed() {
    let project = Case::one("services: {a: {image: x, ports: [\"127.0.0.1:${PORT}\"]}}\n").read();
    assert_eq!(project.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::Blank]);
    assert!(!project.is_whole() && !project.problems[0].refuses());
}
