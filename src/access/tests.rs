//! Decisions on models and tuples that are small enough to be seen through.
use super::{Answer, Answerer, Asked, refusal, unsatisfiable, validate};
use crate::model::access::{AccessModel, ObjectId, Subject, TupleFile};
use crate::parse::access::{model, tuples};

fn read(text: &str, lines: &str) -> (AccessModel, TupleFile) {
    let yaml: String = lines
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .map(|words| {
            format!(
                "- {{ user: \"{}\", relation: {}, object: \"{}\"{} }}\n",
                words[0],
                words[1],
                words[2],
                words.get(3).map_or(String::new(), |rest| format!(", condition: {rest}"))
            )
        })
        .collect();
    let model = model("model.fga", &format!("model\n  schema 1.1\n{text}"));
    let tuples = tuples("tuples.yaml", &yaml);
    assert_eq!((&model.problems, &tuples.problems, validate(&model)), (&vec![], &vec![], vec![]), "{yaml}");
    assert!(unsatisfiable(&model).is_empty());
    assert!(tuples.tuples.iter().all(|tuple| refusal(&model, tuple).is_none()));
    (model, tuples)
}

fn ask(text: &str, lines: &str, asked: Asked, question: &str) -> Answer {
    let (model, tuples) = read(text, lines);
    let mut answerer = Answerer::new(&model, [&tuples], asked);
    let words: Vec<&str> = question.split_whitespace().collect();
    let (subject, object) = (Subject::read(words[0]).unwrap(), ObjectId::read(words[2]).unwrap());
    answerer.check(&subject, words[1], &object).unwrap()
}

const DOCS: &str = "
type user
type group
  relations
    define member: [user, user:*, group#member]
type folder
  relations
    define parent: [folder]
    define viewer: [user, group#member] or viewer from parent
type doc
  relations
    define parent: [folder]
    define blocked: [user, group#member]
    define viewer: ([user, user:*, group#member] or viewer from parent) but not blocked
    define both: viewer and blocked";

#[test]
fn decisions() {
    let tuples = "
        user:anne member group:a
        group:a#member member group:b
        group:b#member member group:a
        group:b#member viewer folder:top
        folder:top parent folder:low
        folder:low parent doc:1
        user:bob viewer doc:1
        user:bob blocked doc:1
        user:* viewer doc:2
        user:bob blocked doc:2";
    for (question, answer) in [
        ("user:anne viewer folder:top", Answer::Yes),
        ("user:anne viewer doc:1", Answer::Yes),
        ("user:bob viewer doc:1", Answer::No),
        ("user:eve viewer doc:1", Answer::No),
        ("user:eve viewer doc:2", Answer::Yes),
        ("user:bob viewer doc:2", Answer::No),
        ("user:* viewer doc:2", Answer::Yes),
        ("user:* viewer doc:1", Answer::No),
        ("group:b#member member group:b", Answer::Yes),
        ("group:a#member viewer doc:1", Answer::Yes),
        ("group:c#member viewer doc:1", Answer::No),
        ("user:eve viewer doc:3", Answer::No),
    ] {
        assert_eq!(ask(DOCS, tuples, Asked::Always, question), answer, "{question}");
    }
}

const LIMITED: &str = "
type user
type doc
  relations
    define viewer: [user with cheap, user:* with cheap, user]
    define blocked: [user with cheap]
    define open: viewer but not blocked
condition cheap(price: int, limit: int) {
  price < limit
}";

#[test]
fn conditions() {
    let tuples = r#"
        user:anne viewer doc:1 {"name":"cheap","context":{"limit":10}}
        user:anne blocked doc:1 {"name":"cheap","context":{"limit":5}}
        user:bob viewer doc:1 {"name":"cheap","context":{"limit":10,"price":3}}
        user:eve viewer doc:1
        user:joe viewer doc:1 {"name":"cheap","context":{"limit":7}}
        user:joe blocked doc:1 {"name":"cheap","context":{"limit":7}}"#;
    let under = |price: i64| {
        let mut context = crate::model::access::Context::new();
        context.insert("price".to_owned(), price.into());
        Asked::Under(context)
    };
    assert_eq!(ask(LIMITED, tuples, under(7), "user:anne open doc:1"), Answer::Yes);
    assert_eq!(ask(LIMITED, tuples, under(4), "user:anne open doc:1"), Answer::No);
    assert_eq!(ask(LIMITED, tuples, under(12), "user:anne open doc:1"), Answer::No);
    assert_eq!(ask(LIMITED, tuples, Asked::Always, "user:bob open doc:1"), Answer::Yes);
    assert_eq!(ask(LIMITED, tuples, Asked::Always, "user:eve open doc:1"), Answer::Yes);
    assert_eq!(ask(LIMITED, tuples, Asked::Always, "user:joe open doc:1"), Answer::No, "the same twice");
    assert!(matches!(ask(LIMITED, tuples, Asked::Always, "user:anne open doc:1"), Answer::When(_)));
    let nothing = Asked::Under(crate::model::access::Context::new());
    assert!(matches!(ask(LIMITED, tuples, nothing, "user:anne viewer doc:1"), Answer::Unknown(_)));
}

#[test]
fn what_rests_on_its_own_absence_is_unknown() {
    let text = "
type user
type room
  relations
    define next: [room]
    define in: [user]
    define free: in but not free from next";
    let ring = "user:anne in room:1\nuser:anne in room:2\nroom:1 next room:2\nroom:2 next room:1";
    assert!(matches!(ask(text, ring, Asked::Always, "user:anne free room:1"), Answer::Unknown(_)));
    let line = "user:anne in room:1\nuser:anne in room:2\nroom:1 next room:2";
    assert_eq!(ask(text, line, Asked::Always, "user:anne free room:1"), Answer::Yes);
    assert_eq!(ask(text, line, Asked::Always, "user:anne free room:2"), Answer::No);
}

#[test]
fn who_is_taken_away_from_everybody_is_told() {
    let (model, tuples) = read(DOCS, "user:* viewer doc:2\nuser:bob blocked doc:2");
    let mut answerer = Answerer::new(&model, [&tuples], Asked::Always);
    let who = answerer.subjects(("user", None), "viewer", &ObjectId::read("doc:2").unwrap()).unwrap();
    assert_eq!(who, [("user:*".to_owned(), Answer::Yes), ("user:bob".to_owned(), Answer::No)]);
}
