//! Dockerfiles and what they are built from.
use proptest::prelude::*;

use super::*;

fn said(text: &str, target: Option<&str>) -> Vec<String> {
    let given = |name: &str| (name == "GIVEN").then(|| "given.internal".to_owned());
    images(&dockerfile(text), target, &given)
        .into_iter()
        .map(|base| format!("{} {}", base.span.start.line, base.image.unwrap_or_else(|| "?".into())))
        .collect()
}

#[test]
fn images_of_a_build() {
    let text = "\
# syntax=docker/dockerfile:1
# FROM no
ARG REGISTRY=registry.museum.internal
ARG GIVEN=docker.io
ARG UNSET
FROM --platform=$BUILDPLATFORM ${REGISTRY}/python:3.12 AS Base
RUN pip install \\
  # a comment
  -r x \\

  && echo \"FROM nothing\"
FROM base AS build
COPY --from=0 /a /b
COPY --from=ghcr.io/astral-sh/uv:latest /uv /uv
RUN --mount=type=bind,from=golang:1,target=/x <<EOF
FROM heredoc
EOF
FROM ${GIVEN}/node AS unused
FROM ${UNSET}/x AS dark
FROM scratch
COPY --from=build /a /a
";
    assert_eq!(
        said(text, None),
        [
            "1 docker/dockerfile:1",
            "6 registry.museum.internal/python:3.12",
            "14 ghcr.io/astral-sh/uv:latest",
            "15 golang:1"
        ]
    );
    assert_eq!(said(text, Some("dark")), ["1 docker/dockerfile:1", "19 ?"]);
    assert_eq!(said(text, Some("unused")), ["1 docker/dockerfile:1", "18 given.internal/node"]);
    assert_eq!(said(text, Some("nowhere")).len(), 6);
}

#[test]
fn another_escape() {
    let file = dockerfile("# escape=`\nFROM a\nRUN x `\n  y\nCOPY c:\\ d:\\\nCMD z\n");
    let words: Vec<_> = file.instructions.iter().map(|one| one.word.as_str()).collect();
    assert_eq!(words, ["FROM", "RUN", "COPY", "CMD"]);
}

proptest! {
    #[test]
    fn nothing_panics(text in "((FROM|ARG|RUN|COPY|# syntax=|# escape=`)?[a-c$={}:/<\\\\\"' -]{0,12}\n){0,12}") {
        said(&text, None);
        said(&text, Some("a"));
    }
}
