//! A graph as text that other tools draw, or drawn as SVG.
use std::fmt::Write as _;

pub use crate::model::drawing::Drawing;
use crate::model::drawing::{DrawnNode, Mark};

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Style {
    /// Mermaid, as Markdown pages draw it.
    #[default]
    Mermaid,
    /// Graphviz.
    Dot,
    /// A picture.
    Svg,
}

/// Writes graphs, one after the other; pictures side by side in one.
pub fn draw(drawings: &[Drawing], style: Style) -> String {
    match style {
        Style::Mermaid => drawings.iter().map(mermaid).collect::<Vec<_>>().join("\n"),
        Style::Dot => drawings.iter().map(dot).collect::<Vec<_>>().join("\n"),
        Style::Svg => svg(drawings),
    }
}

// Writing to a string cannot fail, here and below.

fn mermaid(drawing: &Drawing) -> String {
    let mut text = format!("%% {}\nflowchart BT\n", one_line(&drawing.title));
    for (index, node) in drawing.nodes.iter().enumerate() {
        let class = match node.mark {
            Mark::Plain => "",
            Mark::Head => ":::head",
            Mark::Branch => ":::branch",
            Mark::Merge => ":::merge",
            Mark::Missing => ":::missing",
        };
        let _ = writeln!(
            text,
            "  r{index}[\"{}\"]{class}",
            lines(node).map(|line| entities(&line)).collect::<Vec<_>>().join("<br/>")
        );
    }
    for edge in &drawing.edges {
        let arrow = if edge.is_dashed { "-.->" } else { "-->" };
        let _ = writeln!(text, "  r{} {arrow} r{}", edge.from, edge.to);
    }
    text.push_str(
        "  classDef head fill:#d7f0d7,stroke:#2d7d2d\n  classDef branch fill:#fdeccc,stroke:#b87a10\n  \
         classDef merge fill:#dbe7fb,stroke:#2a5db0\n  classDef missing fill:#fbdada,stroke:#b02a2a,stroke-dasharray:4\n",
    );
    text
}

fn dot(drawing: &Drawing) -> String {
    let mut text = format!(
        "digraph {} {{\n  rankdir=BT\n  node [shape=box, style=filled, fillcolor=white]\n",
        quoted(&drawing.title)
    );
    for (index, node) in drawing.nodes.iter().enumerate() {
        let label: Vec<String> = lines(node).collect();
        let _ = writeln!(
            text,
            "  r{index} [label={}, fillcolor=\"{}\"]",
            quoted(&label.join("\n")),
            colour(node.mark)
        );
    }
    for edge in &drawing.edges {
        let style = if edge.is_dashed { " [style=dashed]" } else { "" };
        let _ = writeln!(text, "  r{} -> r{}{style}", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

const WIDE: usize = 260;
const HIGH: usize = 46;
const GAP: usize = 28;

/// Rows from the bottom up: a box stands one row above the highest that it stands on.
fn svg(drawings: &[Drawing]) -> String {
    let mut body = String::new();
    let (mut left, mut height) = (GAP, 0);
    for drawing in drawings {
        let rows = rows(drawing);
        let columns = columns(&rows);
        let top = rows.iter().max().map_or(0, |row| row + 1);
        let tall = top * (HIGH + GAP) + GAP + 20;
        height = height.max(tall);
        let x = |index: usize| left + columns.get(index).copied().unwrap_or(0) * (WIDE + GAP);
        let y = |index: usize| tall - (rows.get(index).copied().unwrap_or(0) + 1) * (HIGH + GAP);
        let _ = writeln!(body, "<text x=\"{left}\" y=\"14\" class=\"t\">{}</text>", entities(&drawing.title));
        for edge in &drawing.edges {
            let dash = if edge.is_dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let _ = writeln!(
                body,
                "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#666\"{dash} marker-end=\"url(#a)\"/>",
                x(edge.from) + WIDE / 2,
                y(edge.from),
                x(edge.to) + WIDE / 2,
                y(edge.to) + HIGH
            );
        }
        for (index, node) in drawing.nodes.iter().enumerate() {
            let (x, y) = (x(index), y(index));
            let _ = writeln!(
                body,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDE}\" height=\"{HIGH}\" rx=\"5\" fill=\"{}\" stroke=\"#555\"/>",
                colour(node.mark)
            );
            for (line, text) in lines(node).enumerate() {
                let class = if line == 0 { "n" } else { "d" };
                let cut: String = text.chars().take(38).collect();
                let _ = writeln!(
                    body,
                    "<text x=\"{}\" y=\"{}\" class=\"{class}\">{}</text>",
                    x + 8,
                    y + 18 + line * 17,
                    entities(&cut)
                );
            }
        }
        left += (columns.iter().max().copied().unwrap_or(0) + 1) * (WIDE + GAP);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{left}\" height=\"{height}\" viewBox=\"0 0 {left} {height}\">\n\
         <style>text{{font-family:sans-serif;fill:#222}}.t,.n{{font-size:13px;font-weight:bold}}.d{{font-size:11px}}</style>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"#666\"/></marker></defs>\n{body}</svg>\n"
    )
}

/// The row of each box. What a line begins at comes first in the list, except where a graph goes round.
fn rows(drawing: &Drawing) -> Vec<usize> {
    let mut rows = vec![0; drawing.nodes.len()];
    for edge in &drawing.edges {
        let below = rows.get(edge.from).copied().unwrap_or(0);
        if let Some(row) = rows.get_mut(edge.to).filter(|_| edge.from < edge.to) {
            *row = (*row).max(below + 1);
        }
    }
    rows
}

/// The place of each box in its row.
fn columns(rows: &[usize]) -> Vec<usize> {
    let mut taken = std::collections::BTreeMap::new();
    rows.iter()
        .map(|row| {
            let next = taken.entry(*row).or_insert(0_usize);
            *next += 1;
            *next - 1
        })
        .collect()
}

fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Plain => "#ffffff",
        Mark::Head => "#d7f0d7",
        Mark::Branch => "#fdeccc",
        Mark::Merge => "#dbe7fb",
        Mark::Missing => "#fbdada",
    }
}

fn lines(node: &DrawnNode) -> impl Iterator<Item = String> {
    let said = match node.mark {
        Mark::Head => " · head",
        Mark::Branch => " · branch point",
        _ => "",
    };
    let first = format!("{}{said}", one_line(&node.name));
    std::iter::once(first).chain(Some(one_line(&node.detail)).filter(|detail| !detail.is_empty()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
