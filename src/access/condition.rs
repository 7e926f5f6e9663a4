//! What a tuple's condition comes to: under a declared request, or as an atom that stands for every request.
use std::collections::HashMap;

use super::cel::{Expr, Scope, Value, evaluate, parse, typed};
use super::formula::{Formula, Formulas};
use crate::model::access::{AccessModel, Condition, Context, TupleCondition};

/// What is asked about conditions.
#[derive(Debug, Clone, Default)]
pub enum Asked {
    /// When: each condition that a request decides stays a formula.
    #[default]
    Always,
    /// Under the context of one request.
    Under(Context),
}

/// The conditions of a model, ready to be evaluated.
pub(super) struct Conditions<'m> {
    by_name: HashMap<&'m str, (&'m Condition, Result<Expr, String>)>,
    asked: Asked,
}

/// A formula that surely holds, and one that may.
pub(super) type Range = (Formula, Formula);

const UNKNOWN: Range = (Formula::NO, Formula::YES);

impl<'m> Conditions<'m> {
    pub(super) fn new(model: &'m AccessModel, asked: Asked) -> Self {
        let read =
            |condition: &'m Condition| (condition.name.as_str(), (condition, parse(&condition.expression)));
        Self { by_name: model.conditions.iter().map(read).collect(), asked }
    }

    /// When a tuple counts. The second is why that can't be told.
    pub(super) fn range(
        &self,
        condition: Option<&TupleCondition>,
        formulas: &mut Formulas,
    ) -> (Range, Option<String>) {
        let Some(condition) = condition else { return ((Formula::YES, Formula::YES), None) };
        match self.decide(condition, formulas) {
            Ok(formula) => ((formula, formula), None),
            Err(why) => (UNKNOWN, Some(format!("condition `{}`: {why}", condition.name))),
        }
    }

    fn decide(&self, condition: &TupleCondition, formulas: &mut Formulas) -> Result<Formula, String> {
        let (defined, expr) =
            self.by_name.get(condition.name.as_str()).ok_or("the model does not define it")?;
        let expr = expr.as_ref().map_err(Clone::clone)?;
        let mut context = match &self.asked {
            Asked::Always => Context::new(),
            Asked::Under(request) => request.clone(),
        };
        // What the tuple says wins over what the request says.
        context.extend(condition.context.clone());
        if defined.parameters.is_empty() && !context.is_empty() {
            return Err("it has no parameters, and a context is given, which the server refuses".to_owned());
        }
        let mut values = Vec::new();
        let mut missing = Vec::new();
        for (name, kind) in &defined.parameters {
            match context.get(name) {
                Some(value) => values.push((name.clone(), typed(value, kind)?)),
                None => missing.push(name.as_str()),
            }
        }
        if missing.is_empty() {
            return match evaluate(expr, &mut Scope::new(values))? {
                Value::Bool(true) => Ok(Formula::YES),
                Value::Bool(false) => Ok(Formula::NO),
                _ => Err("it comes to no bool".to_owned()),
            };
        }
        match self.asked {
            Asked::Under(_) => Err(format!("no value is given for {}", missing.join(", "))),
            Asked::Always => {
                values.sort_by(|(one, _), (other, _)| one.cmp(other));
                let mut parameters = defined.parameters.clone();
                parameters.sort_by(|(one, _), (other, _)| one.cmp(other));
                let key = format!("{} {parameters:?} {expr:?} {values:?}", condition.name);
                Ok(formulas.atom(key, format!("{} ({})", condition.name, missing.join(", "))))
            }
        }
    }
}
