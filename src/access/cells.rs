//! The subjects of one relation to one object: when each of them has it.
use std::rc::Rc;

use super::formula::{Formula, Formulas, Operator};
use super::names::Names;

/// A formula for every subject there is: that of its kind, unless it has one of its own. The formula of a kind is the
/// answer for anyone who is named nowhere, so that a wildcard and all who are excepted from it cost what was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// By kind, sorted; a kind that is not here has none.
    anyone: Vec<(u32, Formula)>,
    /// By subject, sorted. Who is named somewhere stays named, even where anyone of the kind has the same: that is how
    /// the server lists subjects.
    named: Vec<(u32, Formula)>,
}

impl Cells {
    pub(super) fn anyone_of(kind: u32, formula: Formula) -> Self {
        let anyone = if formula == Formula::NO { Vec::new() } else { vec![(kind, formula)] };
        Self { anyone, named: Vec::new() }
    }

    /// Cells by kind, and of those who are told apart; both sorted.
    pub(super) fn new(anyone: Vec<(u32, Formula)>, mut named: Vec<(u32, Formula)>) -> Self {
        if anyone.is_empty() {
            named.retain(|(_, formula)| *formula != Formula::NO);
        }
        Self { anyone, named }
    }

    /// Cells by kind, sorted.
    pub(super) fn everybody(anyone: Vec<(u32, Formula)>) -> Self {
        Self { anyone, named: Vec::new() }
    }

    /// Cells of subjects that are named, in any order; for one that is named twice either formula is enough.
    pub(super) fn of(mut named: Vec<(u32, Formula)>, formulas: &mut Formulas) -> Self {
        named.retain(|(_, formula)| *formula != Formula::NO);
        named.sort_unstable();
        named.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 = formulas.join(Operator::Or, kept.1, next.1);
            }
            is_same
        });
        Self { anyone: Vec::new(), named }
    }

    /// Whether nobody has it, ever.
    pub fn is_empty(&self) -> bool {
        self.anyone.is_empty() && self.named.is_empty()
    }

    /// The formula of somebody of a kind who is named nowhere: what a wildcard comes to.
    pub fn anyone(&self, kind: u32) -> Formula {
        find(&self.anyone, kind).unwrap_or(Formula::NO)
    }

    /// The formula of a subject.
    pub fn get(&self, subject: u32, names: &Names) -> Formula {
        find(&self.named, subject).unwrap_or_else(|| self.anyone(names.kind(subject)))
    }

    /// The kinds of which anyone has it, with the formula.
    pub fn kinds(&self) -> &[(u32, Formula)] {
        &self.anyone
    }

    /// Those who are told apart from anyone of their kind, with the formula, which may be a no.
    pub fn named(&self) -> &[(u32, Formula)] {
        &self.named
    }

    pub(super) fn join(&self, operator: Operator, other: &Self, world: (&Names, &mut Formulas)) -> Self {
        let (names, formulas) = world;
        let anyone: Vec<_> = merged(&self.anyone, &other.anyone)
            .map(|(kind, one, two)| {
                let (one, two) = (one.unwrap_or(Formula::NO), two.unwrap_or(Formula::NO));
                (kind, formulas.join(operator, one, two))
            })
            .filter(|(_, formula)| *formula != Formula::NO)
            .collect();
        let mut own = Vec::with_capacity(self.named.len().max(other.named.len()));
        for (subject, one, two) in merged(&self.named, &other.named) {
            let kind = names.kind(subject);
            let one = one.unwrap_or_else(|| self.anyone(kind));
            let two = two.unwrap_or_else(|| other.anyone(kind));
            let formula = formulas.join(operator, one, two);
            if formula != Formula::NO || find(&anyone, kind).is_some() {
                own.push((subject, formula));
            }
        }
        Self { anyone, named: own }
    }

    /// Those who have it, and only when `formula` holds.
    fn only(&self, formula: Formula, world: (&Names, &mut Formulas)) -> Self {
        let (names, formulas) = world;
        let mut all = |list: &[(u32, Formula)]| -> Vec<(u32, Formula)> {
            list.iter().map(|(key, own)| (*key, formulas.join(Operator::And, *own, formula))).collect()
        };
        let mut cells = Self { anyone: all(&self.anyone), named: all(&self.named) };
        cells.anyone.retain(|(_, formula)| *formula != Formula::NO);
        let anyone = &cells.anyone;
        let is_told =
            |subject: u32, own: Formula| own != Formula::NO || find(anyone, names.kind(subject)).is_some();
        cells.named.retain(|(subject, own)| is_told(*subject, *own));
        cells
    }
}

fn find(list: &[(u32, Formula)], key: u32) -> Option<Formula> {
    let at = list.binary_search_by_key(&key, |(key, _)| *key).ok()?;
    list.get(at).map(|(_, formula)| *formula)
}

/// Two sorted lists by key.
fn merged<'l>(
    one: &'l [(u32, Formula)],
    other: &'l [(u32, Formula)],
) -> impl Iterator<Item = (u32, Option<Formula>, Option<Formula>)> + 'l {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    std::iter::from_fn(move || {
        let key = match (one.peek(), other.peek()) {
            (Some(a), Some(b)) => a.0.min(b.0),
            (Some(a), None) => a.0,
            (None, Some(b)) => b.0,
            (None, None) => return None,
        };
        let a = one.next_if(|(next, _)| *next == key).map(|(_, formula)| *formula);
        let b = other.next_if(|(next, _)| *next == key).map(|(_, formula)| *formula);
        Some((key, a, b))
    })
}

/// What is known of the subjects of one relation to one object.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Who surely has it.
    pub low: Rc<Cells>,
    /// Who may have it. The same cells wherever all is known.
    pub high: Rc<Cells>,
    /// How many steps the server takes to the end of the longest way.
    pub depth: u32,
    /// Whether a ring of objects was walked on the way.
    pub(super) is_cyclic: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::sure(Rc::default())
    }
}

impl Bounds {
    pub(super) fn sure(cells: Rc<Cells>) -> Self {
        Self { high: Rc::clone(&cells), low: cells, depth: 0, is_cyclic: false }
    }

    /// Whether all is known.
    pub(super) fn is_sure(&self) -> bool {
        Rc::ptr_eq(&self.low, &self.high) || self.low == self.high
    }

    /// Both bounds by one operation, which is done once where they are the same.
    fn map(&self, mut turn: impl FnMut(&Rc<Cells>) -> Rc<Cells>) -> Self {
        let low = turn(&self.low);
        let high = if Rc::ptr_eq(&self.low, &self.high) { Rc::clone(&low) } else { turn(&self.high) };
        Self { low, high, ..*self }
    }

    /// Those who have it while a condition of known bounds holds.
    pub(super) fn only(
        &self,
        (low, high): (Formula, Formula),
        (names, formulas): (&Names, &mut Formulas),
    ) -> Self {
        let mut only =
            |cells: &Cells, formula: Formula| Rc::new(cells.only(formula, (names, &mut *formulas)));
        match (low, high) {
            (Formula::YES, Formula::YES) => self.clone(),
            (low, high) if low == high => self.map(|cells| only(cells, low)),
            (low, high) => Self { low: only(&self.low, low), high: only(&self.high, high), ..*self },
        }
    }

    /// Two joined, as sides of an operator that a `but not` is not.
    pub(super) fn join(&self, operator: Operator, other: &Self, world: (&Names, &mut Formulas)) -> Self {
        let (names, formulas) = world;
        let mut joined = |one: &Rc<Cells>, other: &Rc<Cells>| match operator {
            _ if Rc::ptr_eq(one, other) => Rc::clone(one),
            Operator::Or if one.is_empty() => Rc::clone(other),
            Operator::Or if other.is_empty() => Rc::clone(one),
            _ => Rc::new(one.join(operator, other, (names, &mut *formulas))),
        };
        let low = joined(&self.low, &other.low);
        let is_sure = Rc::ptr_eq(&self.low, &self.high) && Rc::ptr_eq(&other.low, &other.high);
        let high = if is_sure { Rc::clone(&low) } else { joined(&self.high, &other.high) };
        Self { low, high, depth: self.depth.max(other.depth), is_cyclic: self.is_cyclic || other.is_cyclic }
    }

    /// `but not`. Where the right side walked a ring, the server's answer hangs on how it walked: it is not sure.
    pub(super) fn less(&self, other: &Self, world: (&Names, &mut Formulas)) -> Self {
        let (names, formulas) = world;
        let mut less =
            |one: &Cells, other: &Cells| Rc::new(one.join(Operator::Less, other, (names, &mut *formulas)));
        let high = less(&self.high, &other.low);
        let is_sure = Rc::ptr_eq(&self.low, &self.high) && Rc::ptr_eq(&other.low, &other.high);
        let low = match (other.is_cyclic, is_sure) {
            (true, _) => Rc::default(),
            (false, true) => Rc::clone(&high),
            (false, false) => less(&self.low, &other.high),
        };
        Self { low, high, depth: self.depth.max(other.depth), is_cyclic: self.is_cyclic || other.is_cyclic }
    }
}
