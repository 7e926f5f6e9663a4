//! Keys that the platform sets or reads by itself: no template documents them, and no code need read them.
use std::sync::OnceLock;

use globset::GlobSet;

use crate::rules::secret::set;

/// The shell and the system; the runtimes and their tools; CI and the places where code runs. Case does not matter.
const PLATFORM: &[&str] = &[
    "{PATH,HOME,USER,USERNAME,LOGNAME,SHELL,PWD,OLDPWD,TMPDIR,TMP,TEMP,TERM,COLORTERM,COLUMNS,LINES,HOSTNAME,HOST,DISPLAY}",
    "{HTTP,HTTPS,ALL,FTP,NO}_PROXY",
    "{SSL_CERT_FILE,SSL_CERT_DIR,BROWSER,WAYLAND_DISPLAY,DBUS_*,TZDIR,LANG,LANGUAGE,LC_*,TZ,EDITOR,VISUAL,PAGER,NO_COLOR,FORCE_COLOR,CLICOLOR*,XDG_*,SSH_*,SUDO_*,GPG_TTY,UID,GID}",
    "{APPDATA,LOCALAPPDATA,PROGRAMDATA,PROGRAMFILES*,USERPROFILE,HOMEDRIVE,HOMEPATH,SYSTEMROOT,WINDIR,COMSPEC,PATHEXT}",
    "{NODE_ENV,NODE_OPTIONS,NODE_PATH,NODE_APP_INSTANCE,npm_*,YARN_*,PNPM_*,VITEST*,JEST_WORKER_ID,NEXT_RUNTIME,NEXT_PHASE}",
    "{PYTHONPATH,PYTHONHOME,PYTHONUNBUFFERED,PYTHONDONTWRITEBYTECODE,PYTHONHASHSEED,PYTHONIOENCODING,PYTEST_*,VIRTUAL_ENV,CONDA_*}",
    "{CARGO,CARGO_*,RUSTUP_*,RUST_BACKTRACE,OUT_DIR,GOPATH,GOROOT,GOOS,GOARCH,GOMAXPROCS,GODEBUG,JAVA_HOME,LD_*,DYLD_*,VERGEN_*}",
    "{CI,CI_*,CONTINUOUS_INTEGRATION,BUILD_NUMBER,GITLAB_CI,CIRCLECI,TRAVIS,JENKINS_URL,TF_BUILD,BUILDKITE,CODESPACES,RUNNER_*}",
    "GITHUB_{ACTION*,ACTOR*,BASE_REF,ENV,EVENT_*,HEAD_REF,JOB,OUTPUT,PATH,REF*,REPOSITORY*,RUN_*,SHA,STEP_SUMMARY,WORKFLOW*,WORKSPACE}",
    "{VERCEL,VERCEL_*,NETLIFY,RAILWAY_*,RENDER,RENDER_*,FLY_*,DYNO,K_SERVICE,K_REVISION,KUBERNETES_*,AWS_LAMBDA_*,LAMBDA_TASK_ROOT}",
    "{COMPOSE_*,DOCKER_*,BUILDKIT_*,container,INVOCATION_ID,JOURNAL_STREAM,NOTIFY_SOCKET,WATCHDOG_*,LISTEN_*}",
];

/// Whether a key is the platform's own.
pub(super) fn is_of_the_platform(key: &str) -> bool {
    static SET: OnceLock<GlobSet> = OnceLock::new();
    SET.get_or_init(|| set(PLATFORM)).is_match(key)
}

#[cfg(test)]
mod tests {
    use super::{PLATFORM, is_of_the_platform};

    #[test]
    fn every_glob_is_one() {
        for pattern in PLATFORM {
            assert!(globset::Glob::new(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn keys_of_applications_are_none() {
        for key in ["PATH", "LC_ALL", "NODE_ENV", "GITHUB_SHA", "npm_package_version", "COMPOSE_PROJECT_NAME"]
        {
            assert!(is_of_the_platform(key), "{key}");
        }
        for key in
            ["PORT", "GITHUB_TOKEN", "GITHUB_CLIENT_ID", "DATABASE_URL", "AWS_REGION", "RUST_LOG", "HOST_URL"]
        {
            assert!(!is_of_the_platform(key), "{key}");
        }
    }
}
