use super::SurveyFacts;
use crate::model::Looked;
use crate::rules::{Sink, answer};

pub(super) fn expect(facts: &SurveyFacts, out: &mut Sink<'_>) {
    for one in &facts.survey.expectations {
        let on = facts.part(&one.name);
        let Some(answers) = out.look(on.clone(), &one.answers) else { continue };
        let mut check = out.check(on, Looked::at(answers.len(), "answer"));
        answer::hold(one, answers, facts.show_values, HELP, |_| String::new(), &mut check);
    }
}

const HELP: &str = "find out which of the two is wrong before anything is moved";
