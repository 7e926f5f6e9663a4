//! The keys that compose knows: any other makes it refuse the project.
//!
//! As in `schema/compose-spec.json` of compose-go 2.16; keys that begin with `x-` are anybody's own.
use crate::model::compose::ProblemKind;
use crate::parse::yaml::{Map, Wrong};

/// Of a project.
pub(super) const SECTIONS: &[&str] = &[
    "version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs", "jobs",
];

/// Of a service.
pub(super) const ATTRIBUTES: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "command",
    "configs",
    "container_name",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "depends_on",
    "deploy",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "gpus",
    "group_add",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "links",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "privileged",
    "profiles",
    "provider",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "umask",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volumes",
    "volumes_from",
    "working_dir",
];

/// The keys of `map` that are none of `known`; `of` says whose keys they are.
pub(super) fn unknown(map: &Map, known: &[&str], of: &str, wrong: &mut Vec<Wrong>) {
    for (key, entry) in &map.entries {
        if known.contains(&key.as_str()) || key.starts_with("x-") {
            continue;
        }
        let close = similar::get_close_matches(key.as_str(), known, 1, 0.6);
        let close = close.first().map_or_else(String::new, |close| format!(", did you mean `{close}`?"));
        let message = format!("compose knows no `{key}` of a {of}{close}");
        wrong.push(Wrong { kind: ProblemKind::Shape, spot: entry.key, message });
    }
}
