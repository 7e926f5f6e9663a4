//! The commit that a person names, and how to fetch what a clone lacks of it.
use super::call::Git;
use crate::model::Cause;

/// What is known of a clone, for advice.
pub(super) struct Clone<'g> {
    git: &'g Git,
    remotes: Vec<String>,
    is_shallow: bool,
}

impl<'g> Clone<'g> {
    pub(super) fn of(git: &'g Git) -> Result<Self, Cause> {
        let remotes = git.line(&["remote"])?.lines().map(str::to_owned).collect();
        let is_shallow = git.line(&["rev-parse", "--is-shallow-repository"])? == "true";
        Ok(Self { git, remotes, is_shallow })
    }

    /// The id of the commit that `reference` names.
    ///
    /// # Errors
    /// When there is none here, with the command that fetches it.
    pub(super) fn commit(&self, reference: &str) -> Result<String, Cause> {
        if let Some(commit) = self.find(reference)? {
            return Ok(commit);
        }
        let cause = Cause::new(format!("there is no commit `{reference}` in this clone"));
        let as_branch = self.main_remote().map(|remote| format!("{remote}/{reference}"));
        if let Some(branch) = as_branch.filter(|branch| self.find(branch).is_ok_and(|found| found.is_some()))
        {
            return Err(cause.hint(format!("did you mean `{branch}`?")));
        }
        let hint = self.how_to_fetch(reference).unwrap_or_else(|| {
            "`git branch --all` and `git tag` list what is here, and the clone has no remote to fetch from".into()
        });
        Err(cause.hint(hint))
    }

    fn find(&self, reference: &str) -> Result<Option<String>, Cause> {
        let named = format!("{reference}^{{commit}}");
        let answer = self.git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &named])?;
        let found = String::from_utf8_lossy(&answer.out).trim().to_owned();
        Ok((answer.code == Some(0) && !found.is_empty()).then_some(found))
    }

    /// A commit that both histories have.
    ///
    /// # Errors
    /// When this clone knows of none.
    pub(super) fn merge_base(&self, ours: &str, theirs: &str, reference: &str) -> Result<String, Cause> {
        let answer = self.git.ask(&["merge-base", ours, theirs])?;
        let base = String::from_utf8_lossy(&answer.out).trim().to_owned();
        match answer.code {
            Some(0) if !base.is_empty() => return Ok(base),
            Some(0 | 1) => {}
            _ => return Err(answer.failure("merge-base")),
        }
        if !self.is_shallow {
            let cause = Cause::new(format!("HEAD and {reference} have no commit in common"));
            return Err(cause.hint("name the branch that this one will be merged into"));
        }
        let cause =
            Cause::new(format!("this clone is shallow: where HEAD and {reference} part is not in it"));
        let remote = self.named_remote(reference).map(|(remote, _)| remote).or_else(|| self.main_remote());
        Err(cause.hint(format!("git fetch --unshallow {}", remote.unwrap_or("origin"))))
    }

    /// The remote and the branch that a name such as `origin/main` is made of.
    fn named_remote<'n>(&'n self, reference: &'n str) -> Option<(&'n str, &'n str)> {
        let name = reference.strip_prefix("refs/remotes/").unwrap_or(reference);
        let pairs = self.remotes.iter().filter_map(|remote| {
            let branch = name.strip_prefix(remote.as_str())?.strip_prefix('/')?;
            is_plain(branch).then_some((remote.as_str(), branch))
        });
        pairs.max_by_key(|(remote, _)| remote.len())
    }

    fn main_remote(&self) -> Option<&str> {
        let origin = self.remotes.iter().find(|remote| *remote == "origin");
        origin.or(self.remotes.first()).map(String::as_str)
    }

    fn how_to_fetch(&self, reference: &str) -> Option<String> {
        let deep = if self.is_shallow { "--unshallow " } else { "" };
        if let Some((remote, branch)) = self.named_remote(reference) {
            return Some(format!("git fetch {deep}{remote} {}", self.refspec(remote, branch)));
        }
        let remote = self.main_remote()?;
        let is_id = reference.len() >= 40 && reference.chars().all(|c| c.is_ascii_hexdigit());
        if is_id {
            return Some(format!("git fetch {deep}{remote} {reference}"));
        }
        if !is_plain(reference) {
            return Some(format!("git fetch {deep}{remote}"));
        }
        let refspec = self.refspec(remote, reference);
        Some(format!("git fetch {deep}{remote} {refspec}, then --against {remote}/{reference}"))
    }

    /// The branch's name alone where the clone follows all branches of the remote; one of a single branch has to be told
    /// where to put another.
    fn refspec(&self, remote: &str, branch: &str) -> String {
        let key = format!("remote.{remote}.fetch");
        let followed = self.git.line(&["config", "--get-all", &key]).unwrap_or_default();
        if followed.lines().any(|line| line.trim_start_matches('+').starts_with("refs/heads/*:")) {
            return branch.to_owned();
        }
        format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}")
    }
}

/// Whether a name can stand in a command line as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}
