//! A chain as a drawing.
use std::collections::BTreeMap;

use super::facts::ChainFacts;
use super::revisions::Files;
use crate::chain::Problem;
use crate::model::LiveChain;
use crate::model::drawing::{Drawing, DrawnEdge, DrawnNode, Mark};

/// One configuration may be of several chains, each with a name in the manifest.
fn title(chain: &ChainFacts) -> String {
    let name = chain.declared.ini.range().map(|_| chain.declared.name.as_str());
    name.map_or_else(|| chain.config.clone(), |name| format!("{name}: {}", chain.config))
}

/// Draws a chain: its revisions in the order in which they run, what they follow, and what they depend on (dashed); and
/// where a database stands, when one was looked at.
pub fn drawing(chain: &ChainFacts, files: &Files, database: Option<&LiveChain>) -> Drawing {
    let named = database.and_then(|database| Some((database, database.version.as_ref()?)));
    let here = |id: &String| {
        named.filter(|(_, version)| version.rows.contains(id)).map(|(database, _)| &database.endpoint)
    };
    let graph = &files.graph;
    let order = match graph.order() {
        [] => (0..graph.nodes.len()).collect(),
        order => order.to_vec(),
    };
    let place: BTreeMap<usize, usize> =
        order.iter().enumerate().map(|(place, node)| (*node, place)).collect();
    let mut drawing = Drawing { title: title(chain), ..Drawing::default() };
    for (at, index) in order.iter().enumerate() {
        let (Some(node), Some((_, revision))) = (graph.nodes.get(*index), files.at_node(*index)) else {
            continue;
        };
        let mark = if node.children.is_empty() && node.dependents.is_empty() {
            Mark::Head
        } else if node.children.len() > 1 {
            Mark::Branch
        } else if node.parents.len() > 1 {
            Mark::Merge
        } else {
            Mark::Plain
        };
        let labels: Vec<&str> = revision.labels.iter().map(|label| label.text.as_str()).collect();
        let name = if labels.is_empty() {
            revision.id.text.clone()
        } else {
            format!("{} ({})", revision.id.text, labels.join(", "))
        };
        let name = match here(&revision.id.text) {
            Some(endpoint) => format!("{name} <- {endpoint}"),
            None => name,
        };
        drawing.nodes.push(DrawnNode { name, detail: revision.title.clone().unwrap_or_default(), mark });
        let mut line = |others: &[usize], is_dashed: bool| {
            let others = others.iter().filter_map(|other| place.get(other));
            drawing.edges.extend(others.map(|from| DrawnEdge { from: *from, to: at, is_dashed }));
        };
        line(&node.parents, false);
        line(&node.depends_on, true);
    }
    if let Some((database, version)) = named {
        let is_known = |id: &String| files.revisions().any(|(_, revision)| revision.id.text == *id);
        for id in version.rows.iter().filter(|id| !is_known(id)) {
            let name = format!("{id} <- {}", database.endpoint);
            drawing.nodes.push(DrawnNode { name, detail: "no file has it".to_owned(), mark: Mark::Missing });
        }
    }
    for problem in &graph.problems {
        if let Problem::MissingParent { revision, parent } = problem
            && let Some((_, own)) = files.revision(*revision)
            && let Some(missing) = own.parents.get(*parent)
            && let Some(to) = graph
                .nodes
                .iter()
                .position(|node| node.revision == *revision)
                .and_then(|node| place.get(&node))
        {
            let node = DrawnNode {
                name: missing.text.clone(),
                detail: "no file has it".to_owned(),
                mark: Mark::Missing,
            };
            drawing.edges.push(DrawnEdge { from: drawing.nodes.len(), to: *to, is_dashed: false });
            drawing.nodes.push(node);
        }
    }
    drawing
}
