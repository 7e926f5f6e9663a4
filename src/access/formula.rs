//! When a cell is a yes: formulas over atoms in a canonical form, so that two that mean the same are the same number.
//!
//! Reduced ordered binary decision diagrams (Bryant, 1986), with the atoms in the order in which they were met.
use std::collections::HashMap;

/// A formula of a [`Formulas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Formula(u32);

impl Formula {
    /// Never.
    pub const NO: Self = Self(0);
    /// Always.
    pub const YES: Self = Self(1);
}

/// Formulas and the atoms that they are made of.
#[derive(Debug, Default)]
pub struct Formulas {
    atoms: Vec<String>,
    by_atom: HashMap<String, u32>,
    /// Atom, what it is without it, what it is with it; from number 2.
    nodes: Vec<(u32, Formula, Formula)>,
    by_node: HashMap<(u32, Formula, Formula), Formula>,
    done: HashMap<(Operator, Formula, Formula), Formula>,
    is_full: bool,
}

/// What joins two formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operator {
    Or,
    And,
    /// The first without the second.
    Less,
}

/// More nodes than this are not made.
const MOST: usize = 1 << 20;
/// Formulas over more atoms than this, one below the other, are not joined: the joining is recursive.
const DEEPEST: usize = 1_000;

impl Formulas {
    /// The formula that holds when an atom does; atoms of one key are one, and are shown by a text.
    pub(super) fn atom(&mut self, key: String, shown: String) -> Formula {
        let next = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
        let atom = *self.by_atom.entry(key).or_insert_with(|| {
            self.atoms.push(shown);
            next
        });
        self.node(atom, Formula::NO, Formula::YES)
    }

    /// Whether formulas grew too large, so that none of them means anything.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    fn node(&mut self, atom: u32, without: Formula, with: Formula) -> Formula {
        if without == with {
            return with;
        }
        if let Some(known) = self.by_node.get(&(atom, without, with)) {
            return *known;
        }
        if self.nodes.len() >= MOST {
            self.is_full = true;
            return Formula::NO;
        }
        self.nodes.push((atom, without, with));
        let made = Formula(u32::try_from(self.nodes.len() + 1).unwrap_or(u32::MAX));
        self.by_node.insert((atom, without, with), made);
        made
    }

    fn parts(&self, formula: Formula) -> Option<(u32, Formula, Formula)> {
        self.nodes.get((formula.0 as usize).checked_sub(2)?).copied()
    }

    pub(super) fn join(&mut self, operator: Operator, one: Formula, other: Formula) -> Formula {
        self.join_at(operator, one, other, 0)
    }

    fn join_at(&mut self, operator: Operator, one: Formula, other: Formula, depth: usize) -> Formula {
        use Formula as F;
        match (operator, one, other) {
            (Operator::Or, F::YES, _) | (Operator::Or, _, F::YES) => return F::YES,
            (Operator::And | Operator::Less, F::NO, _)
            | (Operator::And, _, F::NO)
            | (Operator::Less, _, F::YES) => return F::NO,
            (Operator::Or, F::NO, same)
            | (Operator::Or | Operator::Less, same, F::NO)
            | (Operator::And, F::YES, same)
            | (Operator::And, same, F::YES) => return same,
            (Operator::Less, one, other) if one == other => return F::NO,
            (_, one, other) if one == other => return one,
            _ => {}
        }
        if let Some(done) = self.done.get(&(operator, one, other)) {
            return *done;
        }
        if depth > DEEPEST {
            self.is_full = true;
            return F::NO;
        }
        let (a, b) = (self.parts(one), self.parts(other));
        let top = a.map_or(u32::MAX, |part| part.0).min(b.map_or(u32::MAX, |part| part.0));
        let split = |part: Option<(u32, F, F)>, whole: F| match part {
            Some((atom, without, with)) if atom == top => (without, with),
            _ => (whole, whole),
        };
        let ((a0, a1), (b0, b1)) = (split(a, one), split(b, other));
        let without = self.join_at(operator, a0, b0, depth + 1);
        let with = self.join_at(operator, a1, b1, depth + 1);
        let made = self.node(top, without, with);
        self.done.insert((operator, one, other), made);
        made
    }

    /// A formula for a person: the ways in which it holds, at most a few of them.
    pub fn shown(&self, formula: Formula) -> String {
        let mut ways = Vec::new();
        self.ways(formula, &mut Vec::new(), &mut ways);
        let more = if ways.len() > MOST_WAYS { " or ..." } else { "" };
        ways.truncate(MOST_WAYS);
        format!("{}{more}", ways.join(" or "))
    }

    fn ways(&self, formula: Formula, way: &mut Vec<String>, ways: &mut Vec<String>) {
        if ways.len() > MOST_WAYS || way.len() > DEEPEST {
            return;
        }
        match self.parts(formula) {
            None if formula == Formula::YES => {
                ways.push(if way.is_empty() { "always".to_owned() } else { way.join(" and ") });
            }
            None => {}
            Some((atom, without, with)) => {
                let text = self.atoms.get(atom as usize).cloned().unwrap_or_default();
                way.push(text.clone());
                self.ways(with, way, ways);
                way.pop();
                if without != Formula::NO {
                    way.push(format!("not {text}"));
                    self.ways(without, way, ways);
                    way.pop();
                }
            }
        }
    }
}

const MOST_WAYS: usize = 4;
