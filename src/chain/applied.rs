//! What ran on a database that names some revisions.
use super::Graph;

impl Graph {
    /// Which nodes ran where these are named: they, and all that they follow or depend on.
    pub fn applied(&self, named: &[usize]) -> Vec<bool> {
        let mut applied = vec![false; self.nodes.len()];
        let mut left = named.to_vec();
        while let Some(index) = left.pop() {
            let Some(slot) = applied.get_mut(index).filter(|applied| !**applied) else { continue };
            *slot = true;
            left.extend(self.nodes.get(index).into_iter().flat_map(|node| node.parents.iter().chain(&node.depends_on)));
        }
        applied
    }
}
