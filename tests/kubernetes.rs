//! The Indexed Job of `docs/kubernetes.md`: its fields are those that a Kubernetes server knows, and what its containers run does run.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::collections::BTreeSet;
use std::process::Command;

use trueup::parse::config::{Format, config};

const PAGE: &str = include_str!("../docs/kubernetes.md");

fn block(path: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("`{path}`\n```yaml\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Every value by its path, indexes left out.
fn values(yaml: &str) -> Vec<(String, String)> {
    let file = config(yaml, Format::Yaml);
    assert_eq!(file.problems, []);
    let bare = |path: &str| -> String {
        let keys = path.split('.').filter(|key| key.parse::<usize>().is_err());
        keys.collect::<Vec<_>>().join(".")
    };
    file.values.iter().map(|value| (bare(&value.path), value.text.reveal().to_owned())).collect()
}

fn all<'v>(values: &'v [(String, String)], path: &str) -> Vec<&'v str> {
    values.iter().filter(|(known, _)| known == path).map(|(_, value)| value.as_str()).collect()
}

const ARGS: &str = "spec.template.spec.containers.args";

#[test]
fn the_fields_are_those_of_an_indexed_job() {
    let known: BTreeSet<&str> = "apiVersion kind metadata.name data.trueup.toml spec.completionMode spec.completions spec.parallelism \
        spec.backoffLimit spec.backoffLimitPerIndex spec.maxFailedIndexes spec.activeDeadlineSeconds \
        spec.podFailurePolicy.rules.action spec.podFailurePolicy.rules.onExitCodes.containerName \
        spec.podFailurePolicy.rules.onExitCodes.operator spec.podFailurePolicy.rules.onExitCodes.values \
        spec.template.spec.restartPolicy spec.template.spec.automountServiceAccountToken spec.template.spec.containers.name \
        spec.template.spec.containers.image spec.template.spec.containers.args \
        spec.template.spec.containers.envFrom.secretRef.name spec.template.spec.containers.resources.requests.cpu \
        spec.template.spec.containers.resources.requests.memory spec.template.spec.containers.resources.limits.memory \
        spec.template.spec.containers.securityContext.allowPrivilegeEscalation \
        spec.template.spec.containers.securityContext.readOnlyRootFilesystem \
        spec.template.spec.containers.securityContext.runAsNonRoot spec.template.spec.containers.volumeMounts.name \
        spec.template.spec.containers.volumeMounts.mountPath spec.template.spec.containers.volumeMounts.readOnly \
        spec.template.spec.volumes.name spec.template.spec.volumes.configMap.name \
        spec.template.spec.volumes.persistentVolumeClaim.claimName spec.template.spec.volumes.emptyDir.sizeLimit"
        .split_whitespace()
        .collect();
    for path in ["verify-job.yaml", "merge-job.yaml"] {
        for (field, _) in values(block(path)) {
            assert!(known.contains(field.as_str()), "{path}: {field}");
        }
    }
    let job = values(block("verify-job.yaml"));
    assert_eq!(all(&job, "spec.completionMode"), ["Indexed"]);
    // An index's own limit wants pods that are not started again in place, as a failure policy does.
    assert_eq!(all(&job, "spec.template.spec.restartPolicy"), ["Never"]);
    let count = all(&job, "spec.completions")[0];
    assert!(all(&job, ARGS).contains(&format!("--shard=job/{count}").as_str()));
    let mounts: BTreeSet<&str> =
        all(&job, "spec.template.spec.containers.volumeMounts.name").into_iter().collect();
    assert_eq!(mounts, all(&job, "spec.template.spec.volumes.name").into_iter().collect());
    let parts = all(&values(block("merge-job.yaml")), ARGS)
        .iter()
        .filter(|arg| arg.starts_with("/reports/part-"))
        .count();
    assert_eq!(parts.to_string(), count);
}

#[test]
fn what_the_containers_run_does_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let trueup = |arguments: &[String], index: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.current_dir(folder.path()).args(arguments).env("JOB_COMPLETION_INDEX", index);
        command.env("SOURCE_DATABASE_URL", at("a.db")).env("TARGET_DATABASE_URL", at("b.db"));
        command.output().unwrap()
    };
    trueup(&["demo".into()], "0");
    for name in ["a.db", "b.db"] {
        std::fs::copy(folder.path().join("trueup-demo/old.db"), at(name)).unwrap();
    }
    let job = values(block("verify-job.yaml"));
    std::fs::write(at("trueup.toml"), all(&job, "data.trueup.toml")[0]).unwrap();
    let local = |arguments: Vec<&str>, index: &str| -> Vec<String> {
        let here = |text: &str| {
            let text = text.replace("/config/", &at("")).replace("/reports/", &at(""));
            text.replace("$(JOB_COMPLETION_INDEX)", index)
        };
        arguments.into_iter().map(here).collect()
    };
    for index in ["0", "1", "2", "3"] {
        let said = trueup(&local(all(&job, ARGS), index), index);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
    }
    let said = trueup(&local(all(&values(block("merge-job.yaml")), ARGS), ""), "");
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert!(std::fs::read_to_string(at("whole.json")).unwrap().contains("\"exit\": 0"));
}
