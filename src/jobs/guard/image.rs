//! The application's image, asked by a command.
use crate::manifest::ImageCheck;
use crate::model::{Cause, Look, Reason};
use crate::rules::guard::{Answer, Masks, merge};
use crate::stores::process::{Said, ask as run};

/// What came of asking.
pub(super) struct Asked {
    pub(super) answer: Look<Answer>,
    /// What the command printed on stdout.
    pub(super) printed: String,
}

/// Asks, where there is an image to ask.
pub(super) fn ask(command: &ImageCheck, env_file: Option<&str>, masks: &Masks) -> Asked {
    let nothing = |answer| Asked { answer, printed: String::new() };
    match there_is(command, masks) {
        Ok(()) => {}
        Err(answer) => return nothing(answer),
    }
    let arguments = match filled_in(&command.run, env_file) {
        Ok(arguments) => arguments,
        Err(cause) => return nothing(Look::Failed(cause)),
    };
    match run(&arguments, command.patience()) {
        Err(cause) => nothing(Look::Failed(not_asked(cause))),
        Ok(Said { code, stdout, stderr }) => {
            let is_report = merge(&stdout, masks).is_some();
            let said = if is_report { stderr } else { format!("{stdout}\n{stderr}") };
            Asked { answer: Answer::of(command, code, &said, masks), printed: stdout }
        }
    }
}

fn not_asked(cause: Cause) -> Cause {
    Cause { message: format!("the image was not asked: {}", cause.message), ..cause }
}

/// The command with the path of the file that is judged.
fn filled_in(run: &[String], env_file: Option<&str>) -> Result<Vec<String>, Cause> {
    const SLOT: &str = "{env_file}";
    match env_file {
        Some(path) => Ok(run.iter().map(|argument| argument.replace(SLOT, path)).collect()),
        None if run.iter().any(|argument| argument.contains(SLOT)) => {
            let cause =
                Cause::new(format!("the image was not asked: `run` has `{SLOT}`, and no file is judged"));
            Err(cause.hint("name the file with --env-file"))
        }
        None => Ok(run.to_vec()),
    }
}

/// Asks the engine whether there is such an image; else says what its absence means.
fn there_is(command: &ImageCheck, masks: &Masks) -> Result<(), Look<Answer>> {
    let Some(image) = &command.image else { return Ok(()) };
    let engine = command.engine.as_ref().map_or("docker", |engine| engine.as_str());
    let arguments = [engine, "image", "ls", "--quiet", image.as_str()].map(str::to_owned);
    let Said { code, stdout, stderr } =
        run(&arguments, command.patience()).map_err(|cause| Look::Failed(not_asked(cause)))?;
    if code != 0 {
        let cause = Cause::new(format!(
            "the image was not asked: {engine} could not list images, and ended with {code}"
        ));
        let last = stderr.lines().rfind(|line| !line.trim().is_empty());
        let hint = last.map_or_else(
            || format!("it said nothing; is {engine} running?"),
            |line| format!("it said: {}", masks.mask(line.trim())),
        );
        return Err(Look::Failed(cause.hint(hint)));
    }
    if !stdout.trim().is_empty() {
        return Ok(());
    }
    let missing = format!("there is no image `{}` yet", **image);
    Err(match command.first_deploy {
        Some(_) => Look::NotAsked(Reason(format!("{missing}, which `first_deploy` accepts: nobody was asked"))),
        None => Look::Failed(Cause::new(missing).hint(
            "build it before the guard runs; where a very first deploy has none, declare `first_deploy = \"accept\"`",
        )),
    })
}
