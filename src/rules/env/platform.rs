//! Keys that the platform sets or reads by itself: no template documents them, and no code need read them.
use std::sync::OnceLock;

use globset::GlobSet;

use crate::rules::secret::set;

/// The shell and the system; the runtimes and their tools; CI and the places where code runs. Case does not matter. Short on
/// purpose: a key that stands here is never missed.
const PLATFORM: &[&str] = &[
    "{PATH,HOME,USER,USERNAME,LOGNAME,SHELL,PWD,OLDPWD,UID,GID,TMPDIR,TMP,TEMP,HOSTNAME,TZ,TZDIR,LANG,LANGUAGE,LC_*,XDG_*}",
    "{TERM,COLORTERM,COLUMNS,LINES,NO_COLOR,FORCE_COLOR,CLICOLOR*,DISPLAY,WAYLAND_DISPLAY,EDITOR,VISUAL,PAGER,BROWSER,GPG_TTY}",
    "{HTTP,HTTPS,ALL,FTP,NO}_PROXY",
    "{SSL_CERT_FILE,SSL_CERT_DIR,LD_LIBRARY_PATH,LD_PRELOAD,DYLD_*,DBUS_*,SUDO_*,SSH_{AUTH_SOCK,AGENT_PID,CLIENT,CONNECTION,TTY}}",
    "{APPDATA,LOCALAPPDATA,PROGRAMDATA,PROGRAMFILES*,USERPROFILE,HOMEDRIVE,HOMEPATH,SYSTEMROOT,WINDIR,COMSPEC,PATHEXT}",
    "{NODE_ENV,NODE_OPTIONS,NODE_PATH,NODE_APP_INSTANCE,npm_*,VITEST*,JEST_WORKER_ID,NEXT_RUNTIME,NEXT_PHASE}",
    "PYTHON{PATH,HOME,UNBUFFERED,DONTWRITEBYTECODE,HASHSEED,IOENCODING,UTF8,WARNINGS,BREAKPOINT,ASYNCIODEBUG,STARTUP}",
    "{PYTEST_*,VIRTUAL_ENV,CONDA_*,RUSTUP_*,RUST_BACKTRACE,OUT_DIR,CARGO,CARGO_{BIN,CFG,FEATURE,MANIFEST,PKG,TARGET}_*,CARGO_HOME}",
    "{GOPATH,GOROOT,GOOS,GOARCH,GOMAXPROCS,GODEBUG,GOGC,GOMEMLIMIT,JAVA_HOME,JAVA_OPTS}",
    "{CI,CI_*,CONTINUOUS_INTEGRATION,BUILD_NUMBER,GITLAB_CI,CIRCLECI,TRAVIS,JENKINS_URL,TF_BUILD,BUILDKITE,CODESPACES}",
    "GITHUB_{ACTION*,ACTOR*,BASE_REF,ENV,EVENT_*,HEAD_REF,JOB,OUTPUT,PATH,REF*,REPOSITORY*,RUN_*,SHA,STEP_SUMMARY,WORKFLOW*,WORKSPACE}",
    "{VERCEL,VERCEL_{ENV,TARGET_ENV,URL,BRANCH_URL,PROJECT_PRODUCTION_URL,REGION,DEPLOYMENT_ID,GIT_*},NETLIFY,RENDER,DYNO}",
    "{K_SERVICE,K_REVISION,KUBERNETES_{SERVICE,PORT}*,AWS_LAMBDA_{FUNCTION_*,LOG_*,RUNTIME_API},AWS_EXECUTION_ENV,LAMBDA_TASK_ROOT}",
    "{COMPOSE_*,BUILDKIT_*,DOCKER_{HOST,CONFIG,CONTEXT,BUILDKIT,DEFAULT_PLATFORM,TLS_VERIFY,CERT_PATH,SCAN_SUGGEST}}",
    "{INVOCATION_ID,JOURNAL_STREAM,NOTIFY_SOCKET,WATCHDOG_{PID,USEC},LISTEN_{FDS,FDNAMES,PID},CREDENTIALS_DIRECTORY}",
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
        for key in [
            "PATH",
            "LC_ALL",
            "NODE_ENV",
            "GITHUB_SHA",
            "npm_package_version",
            "CARGO_PKG_NAME",
            "LISTEN_FDS",
        ] {
            assert!(is_of_the_platform(key), "{key}");
        }
        for key in [
            "PORT",
            "HOST",
            "GITHUB_TOKEN",
            "GITHUB_CLIENT_ID",
            "LD_SDK_KEY",
            "DOCKER_PASSWORD",
            "LISTEN_ADDR",
            "VERCEL_TOKEN",
            "AWS_REGION",
        ] {
            assert!(!is_of_the_platform(key), "{key}");
        }
    }
}
