//! Single questions: whether, to what, who, and by which way.
use super::columns::{Columns, Matrix};
use super::condition::Asked;
use super::formula::{Formula, Formulas};
use super::names::Names;
use super::path::{Step, Walk};
use super::side::Side;
use crate::model::access::{AccessModel, ObjectId, Subject, TupleFile};

/// What a question came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It has the relation.
    Yes,
    /// It has it not.
    No,
    /// It has it while conditions hold; which, in words.
    When(String),
    /// That can't be told, and why.
    Unknown(String),
}

/// Answers questions about one model and its tuples.
pub struct Answerer<'a> {
    model: &'a AccessModel,
    names: Names,
    formulas: Formulas,
    side: Side<'a>,
    columns: Columns,
    tangled: Vec<(u32, u32, u32)>,
}

impl<'a> Answerer<'a> {
    /// Takes a valid model and tuples; `asked` says under which context.
    pub fn new(model: &'a AccessModel, files: impl IntoIterator<Item = &'a TupleFile>, asked: Asked) -> Self {
        let (mut names, mut formulas) = (Names::default(), Formulas::default());
        let mut side = Side::new(model, files, asked, (&mut names, &mut formulas));
        side.track_usersets(&mut names);
        let (columns, tangled) = (Columns::new(), Vec::new());
        Self { model, names, formulas, side, columns, tangled }
    }

    /// The side that is asked.
    pub fn side(&self) -> &Side<'a> {
        &self.side
    }

    /// Whether a subject has a relation to an object.
    ///
    /// # Errors
    /// When the model has no such type or relation.
    pub fn check(&mut self, subject: &Subject, relation: &str, object: &ObjectId) -> Result<Answer, String> {
        self.table(&object.kind, relation)?;
        // A subject that nobody knew before is to be known before anything is computed.
        let subject = self.subject(subject)?;
        let table = self.ready(&object.kind, relation)?;
        let object = self.names.entity(&object.kind, &object.id);
        Ok(self.answer(table, object, subject))
    }

    /// The objects of a type that a subject has a relation to, or may have, sorted.
    ///
    /// # Errors
    /// When the model has no such type or relation.
    pub fn objects(
        &mut self,
        subject: &Subject,
        relation: &str,
        kind: &str,
    ) -> Result<Vec<(String, Answer)>, String> {
        self.table(kind, relation)?;
        let subject = self.subject(subject)?;
        let table = self.ready(kind, relation)?;
        let objects: Vec<u32> =
            self.columns.get(&table).into_iter().flat_map(|column| column.keys().copied()).collect();
        let answers =
            objects.iter().map(|object| (self.names.written(*object), self.answer(table, *object, subject)));
        let mut all: Vec<_> = answers.filter(|(_, answer)| *answer != Answer::No).collect();
        all.sort();
        Ok(all)
    }

    /// The subjects of a type, or usersets of a type and relation, that have a relation to an object or may have it,
    /// sorted; `type:*` where anyone has it, and then with the answer no those who are taken away from that.
    ///
    /// # Errors
    /// When the model has no such type or relation.
    pub fn subjects(
        &mut self,
        (kind, userset): (&str, Option<&str>),
        relation: &str,
        object: &ObjectId,
    ) -> Result<Vec<(String, Answer)>, String> {
        let wanted = match userset {
            Some(userset) => {
                self.track_all(kind, userset)?;
                format!("{kind}#{userset}")
            }
            None => self.kind(kind)?.to_owned(),
        };
        let table = self.ready(&object.kind, relation)?;
        let object = self.names.entity(&object.kind, &object.id);
        let wanted = self.names.word(&wanted);
        let bounds = self.columns.get(&table).and_then(|column| column.get(&object)).cloned();
        let Some(bounds) = bounds else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        let anyone = self.told(bounds.low.anyone(wanted), bounds.high.anyone(wanted));
        all.push((format!("{kind}:*"), anyone));
        let named = bounds.high.named().iter().chain(bounds.low.named());
        let mut named: Vec<u32> = named.map(|(subject, _)| *subject).collect();
        named.sort_unstable();
        named.dedup();
        for subject in named.into_iter().filter(|subject| self.names.kind(*subject) == wanted) {
            let answer =
                self.told(bounds.low.get(subject, &self.names), bounds.high.get(subject, &self.names));
            all.push((self.names.written(subject), answer));
        }
        let has_anyone = all.first().is_some_and(|(_, anyone)| *anyone != Answer::No);
        all.retain(|(_, answer)| has_anyone || *answer != Answer::No);
        all.sort();
        Ok(all)
    }

    /// A way in which a subject has a relation to an object, step by step.
    ///
    /// # Errors
    /// When the model has no such type or relation.
    pub fn why(
        &mut self,
        subject: &Subject,
        relation: &str,
        object: &ObjectId,
    ) -> Result<(Answer, Vec<Step>), String> {
        let answer = self.check(subject, relation, object)?;
        let table = self.ready(&object.kind, relation)?;
        let subject = self.subject(subject)?;
        let object = self.names.entity(&object.kind, &object.id);
        let matrix = Matrix::resume(&self.side, &self.names, std::mem::take(&mut self.columns));
        let walk = Walk { side: &self.side, names: &self.names, matrix: &matrix, model: self.model };
        let steps = walk.from((table, object), subject);
        self.columns = matrix.into_columns();
        Ok((answer, steps))
    }

    /// How many steps the longest way to an object takes; 0 for what was not asked.
    pub fn depth(&self, relation: &str, object: &ObjectId) -> u32 {
        let table = self.side.table(&self.names, &object.kind, relation);
        let object = self.names.known_entity(&object.kind, &object.id);
        let bounds = table.zip(object).and_then(|(table, object)| self.columns.get(&table)?.get(&object));
        bounds.map_or(0, |bounds| bounds.depth)
    }

    /// The same for the objects of a type.
    pub fn deepest(&self, relation: &str, kind: &str) -> u32 {
        let table = self.side.table(&self.names, kind, relation);
        let column = table.and_then(|table| self.columns.get(&table));
        column.into_iter().flat_map(|column| column.values()).map(|bounds| bounds.depth).max().unwrap_or(0)
    }

    fn kind<'k>(&self, kind: &'k str) -> Result<&'k str, String> {
        match self.model.object_type(kind) {
            Some(_) => Ok(kind),
            None => Err(format!("the model has no type `{kind}`")),
        }
    }

    fn table(&self, kind: &str, relation: &str) -> Result<usize, String> {
        self.kind(kind)?;
        let table = self.side.table(&self.names, kind, relation);
        table.ok_or_else(|| format!("type `{kind}` has no relation `{relation}`"))
    }

    /// Takes the usersets of a type and relation for subjects, those that no tuple names too: `from` reaches them.
    fn track_all(&mut self, kind: &str, relation: &str) -> Result<(), String> {
        let table = self.table(kind, relation)?;
        let objects = self.names.known_word(kind).and_then(|kind| self.side.objects.get(&kind));
        for object in objects.cloned().unwrap_or_default() {
            self.side.track(object, table, &mut self.names);
        }
        self.columns.clear();
        Ok(())
    }

    /// The table of a relation, computed.
    fn ready(&mut self, kind: &str, relation: &str) -> Result<usize, String> {
        let table = self.table(kind, relation)?;
        if !self.columns.contains_key(&table) {
            let mut matrix = Matrix::resume(&self.side, &self.names, std::mem::take(&mut self.columns));
            matrix.keep(table, &mut self.formulas);
            self.tangled.extend(matrix.tangled());
            self.columns = matrix.into_columns();
        }
        Ok(table)
    }

    fn subject(&mut self, subject: &Subject) -> Result<Asking, String> {
        self.kind(&subject.object.kind)?;
        if subject.is_wildcard() {
            return Ok(Asking::Anyone(self.names.word(&subject.object.kind)));
        }
        let Some(relation) = &subject.relation else {
            return Ok(Asking::One(self.names.entity(&subject.object.kind, &subject.object.id)));
        };
        let table = self.table(&subject.object.kind, relation)?;
        let object = self.names.entity(&subject.object.kind, &subject.object.id);
        let word = self.names.word(relation);
        if let Some(known) = self.side.usersets.get(&(object, word)) {
            return Ok(Asking::One(*known));
        }
        // One that no tuple names: what was computed before did not know it.
        let one = self.side.track(object, table, &mut self.names);
        self.columns.clear();
        Ok(Asking::One(one))
    }

    fn answer(&self, table: usize, object: u32, subject: Asking) -> Answer {
        let bounds = self.columns.get(&table).and_then(|column| column.get(&object));
        let Some(bounds) = bounds else { return Answer::No };
        let get = |cells: &super::cells::Cells| match subject {
            Asking::One(subject) => cells.get(subject, &self.names),
            Asking::Anyone(kind) => cells.anyone(kind),
        };
        self.told(get(&bounds.low), get(&bounds.high))
    }

    fn told(&self, low: Formula, high: Formula) -> Answer {
        match (low, high) {
            _ if self.formulas.is_full() => {
                Answer::Unknown("the conditions are too many to be joined".into())
            }
            (Formula::YES, _) => Answer::Yes,
            (_, Formula::NO) => Answer::No,
            (low, high) if low == high => Answer::When(self.formulas.shown(high)),
            _ => Answer::Unknown(self.cause()),
        }
    }

    /// Why something is unknown: a relation that rests on its own absence, or a condition.
    fn cause(&self) -> String {
        if let Some((kind, relation, object)) = self.tangled.first() {
            let names = &self.names;
            let (kind, relation, id) = (names.spelt(*kind), names.spelt(*relation), names.id(*object));
            return format!("`{relation}` of {kind}:{id} rests on its own absence, through `but not`");
        }
        match self.side.undecided().next() {
            Some((_, tuple, why)) => format!("{tuple}: {why}"),
            None => {
                "a `but not` takes away what runs in a ring: the server's answer hangs on how it walks".into()
            }
        }
    }
}

/// A subject of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Asking {
    One(u32),
    Anyone(u32),
}
