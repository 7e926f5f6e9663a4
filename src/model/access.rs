//! Authorization: a model's types and relations, the tuples that stand under it, and the assertions about both.
use std::fmt;

use serde_json::Value as Json;

use super::{Place, Span};

/// An authorization model as OpenFGA has it: what relations objects of which type have, and who gets them how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessModel {
    /// The schema version as written, such as `1.1`.
    pub schema: String,
    /// The types, in the order of the text.
    pub types: Vec<ObjectType>,
    /// The conditions that tuples may carry.
    pub conditions: Vec<Condition>,
    /// What could not be read, or what makes no sense.
    pub problems: Vec<AccessProblem>,
}

/// Something that a model or a tuple file says and that can't be taken as said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessProblem {
    /// Where.
    pub place: Place,
    /// What is wrong: lower case, no full stop.
    pub message: String,
}

/// A type of object.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectType {
    /// Its name.
    pub name: String,
    /// Its relations, in the order of the text.
    pub relations: Vec<Relation>,
    /// Where it is defined first.
    pub place: Place,
}

/// A relation that subjects may have to objects of its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Who has it.
    pub rewrite: Rewrite,
    /// Which subjects a tuple of it may name.
    pub direct: Vec<DirectType>,
    /// Where it is defined.
    pub place: Place,
}

/// Who has a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// Whoever a tuple names.
    Direct,
    /// Whoever has another relation to the same object.
    Computed(String),
    /// `relation from tupleset`: whoever has `relation` to an object that a tuple of `tupleset` names.
    From {
        /// The relation of the other object.
        relation: String,
        /// The relation that leads there.
        tupleset: String,
    },
    /// Whoever is in one of them.
    Union(Vec<Rewrite>),
    /// Whoever is in all of them.
    Intersection(Vec<Rewrite>),
    /// Whoever is in the first and not in the second.
    Exclusion(Box<Rewrite>, Box<Rewrite>),
}

/// A kind of subject that a tuple may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectType {
    /// The subject's type.
    pub name: String,
    /// One object of it, all of it, or those who have a relation to one.
    pub form: DirectForm,
    /// The condition that such a tuple must carry.
    pub condition: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// The forms of subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectForm {
    /// `user`
    Object,
    /// `user:*`
    Wildcard,
    /// `group#member`
    Userset(String),
}

impl fmt::Display for DirectType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        match &self.form {
            DirectForm::Object => {}
            DirectForm::Wildcard => out.write_str(":*")?,
            DirectForm::Userset(relation) => write!(out, "#{relation}")?,
        }
        self.condition.as_ref().map_or(Ok(()), |condition| write!(out, " with {condition}"))
    }
}

/// A condition: an expression over parameters, which a tuple's context and the request's context fill.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// Its parameters and their types.
    pub parameters: Vec<(String, ParameterType)>,
    /// The expression, in CEL.
    pub expression: String,
    /// Where it is defined.
    pub place: Place,
}

/// The types of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are OpenFGA's own")]
pub enum ParameterType {
    Any,
    Bool,
    String,
    Int,
    Uint,
    Double,
    Duration,
    Timestamp,
    IpAddress,
    List(Box<ParameterType>),
    Map(Box<ParameterType>),
}

impl AccessModel {
    /// A type by its name.
    pub fn object_type(&self, name: &str) -> Option<&ObjectType> {
        self.types.iter().find(|one| one.name == name)
    }

    /// A relation of a type.
    pub fn relation(&self, name: &str, relation: &str) -> Option<&Relation> {
        self.object_type(name)?.relation(relation)
    }

    /// A condition by its name.
    pub fn condition(&self, name: &str) -> Option<&Condition> {
        self.conditions.iter().find(|one| one.name == name)
    }
}

impl ObjectType {
    /// A relation by its name.
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|one| one.name == name)
    }
}

/// What one tuple says: that a subject has a relation to an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuple {
    /// The subject.
    pub subject: Subject,
    /// The relation.
    pub relation: String,
    /// The object.
    pub object: ObjectId,
    /// Under which condition.
    pub condition: Option<TupleCondition>,
    /// Where in its file.
    pub span: Span,
}

impl fmt::Display for Tuple {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.subject, self.relation, self.object)?;
        self.condition.as_ref().map_or(Ok(()), |condition| write!(out, " with {}", condition.name))
    }
}

/// An object: a type and an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// Its type.
    pub kind: String,
    /// Its id; `*` stands for all of the type, where that is allowed.
    pub id: String,
}

impl ObjectId {
    /// `type:id`; the id may hold further colons.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        let is_plain = |text: &str| !text.is_empty() && !text.contains(['#', ' ', '\t', '\n', '\r']);
        (is_plain(kind) && is_plain(id)).then(|| Self { kind: kind.to_owned(), id: id.to_owned() })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.kind, self.id)
    }
}

/// A subject: an object, all of a type, or those who have a relation to an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The object.
    pub object: ObjectId,
    /// The relation, when this is a userset.
    pub relation: Option<String>,
}

impl Subject {
    /// `user:anne`, `user:*` or `group:eng#member`.
    pub fn read(text: &str) -> Option<Self> {
        let (object, relation) = match text.rsplit_once('#') {
            Some((object, relation)) => (object, Some(relation)),
            None => (text, None),
        };
        let is_plain = |text: &str| !text.is_empty() && !text.contains([':', '*', ' ', '\t', '\n', '\r']);
        let object = ObjectId::read(object)?;
        let is_wrong = relation.is_some_and(|relation| !is_plain(relation) || object.id == "*");
        (!is_wrong).then(|| Self { object, relation: relation.map(str::to_owned) })
    }

    /// Whether it stands for all of its type.
    pub fn is_wildcard(&self) -> bool {
        self.object.id == "*"
    }

    /// The form that the model has to allow.
    pub fn is_of(&self, direct: &DirectType) -> bool {
        direct.name == self.object.kind
            && match &direct.form {
                DirectForm::Object => self.relation.is_none() && !self.is_wildcard(),
                DirectForm::Wildcard => self.is_wildcard(),
                DirectForm::Userset(relation) => self.relation.as_ref() == Some(relation),
            }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(out)?;
        self.relation.as_ref().map_or(Ok(()), |relation| write!(out, "#{relation}"))
    }
}

/// Values by parameter.
pub type Context = serde_json::Map<String, Json>;

/// The condition that a tuple carries.
#[derive(Debug, Clone, PartialEq)]
pub struct TupleCondition {
    /// Which.
    pub name: String,
    /// What it fills in; it wins over what a request says.
    pub context: Context,
}

/// The tuples of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TupleFile {
    /// The file as printed.
    pub path: String,
    /// The tuples, in its order.
    pub tuples: Vec<Tuple>,
    /// Entries that are no tuples.
    pub problems: Vec<AccessProblem>,
}

/// A store file, `.fga.yaml`: a model, tuples, and what is expected of them.
#[derive(Debug, Clone, Default)]
pub struct StoreFile {
    /// The model in the file itself, and where it begins.
    pub model: Option<(String, Span)>,
    /// The file of the model.
    pub model_file: Option<String>,
    /// The tuples in the file itself.
    pub tuples: TupleFile,
    /// Files of tuples.
    pub tuple_files: Vec<String>,
    /// The tests.
    pub tests: Vec<StoreTest>,
    /// What could not be read.
    pub problems: Vec<AccessProblem>,
}

/// A test of a store file.
#[derive(Debug, Clone, Default)]
pub struct StoreTest {
    /// Its name.
    pub name: String,
    /// Tuples for this test alone.
    pub tuples: TupleFile,
    /// Files of them.
    pub tuple_files: Vec<String>,
    /// What is expected.
    pub assertions: Vec<Assertion>,
}

/// One thing that a test expects.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// What is asked, and the answer that is expected.
    pub question: Question,
    /// The request's context.
    pub context: Context,
    /// Where it is written.
    pub place: Place,
}

/// A question with the answer that is expected.
#[derive(Debug, Clone)]
pub enum Question {
    /// Whether a subject has a relation to an object.
    Check {
        /// The subject, relation and object.
        subject: String,
        /// The relation.
        relation: String,
        /// The object.
        object: String,
        /// What is expected.
        expected: bool,
    },
    /// To which objects of a type a subject has a relation.
    ListObjects {
        /// The subject.
        subject: String,
        /// The relation.
        relation: String,
        /// The objects' type.
        kind: String,
        /// The objects that are expected, in any order.
        expected: Vec<String>,
    },
    /// Which subjects of some types have a relation to an object.
    ListUsers {
        /// The object.
        object: String,
        /// The relation.
        relation: String,
        /// A type, and the relation for usersets.
        filters: Vec<(String, Option<String>)>,
        /// The subjects that are expected, in any order.
        expected: Vec<String>,
    },
}
