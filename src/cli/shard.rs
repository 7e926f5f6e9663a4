//! Which part of the work this process does.
use super::stop::Stop;
use crate::model::Shard;
use crate::stores::environment::variables;

/// Variables of job arrays: which index this is, from 0 on, and how many there are, where they tell.
const ARRAYS: &[(&str, Option<&str>)] = &[
    ("JOB_COMPLETION_INDEX", None),
    ("CLOUD_RUN_TASK_INDEX", Some("CLOUD_RUN_TASK_COUNT")),
    ("AWS_BATCH_JOB_ARRAY_INDEX", Some("AWS_BATCH_JOB_ARRAY_SIZE")),
];

/// Reads `3/16`, `job` or `job/16`.
pub(super) fn shard(text: &str) -> Result<Shard, Stop> {
    read(text, &variables()).map_err(|message| {
        Stop::usage(
            format!("--shard {text}: {message}"),
            "say which part of how many: `--shard 3/16`, or `--shard job/16` in an array",
        )
    })
}

fn read(text: &str, variables: &[(String, String)]) -> Result<Shard, String> {
    let (index, of) = text.split_once('/').map_or((text, None), |(index, of)| (index, Some(of)));
    let number = |text: &str, what: &str| text.parse::<u32>().map_err(|_| format!("{what} is no number"));
    let of = of.map(|of| number(of, "how many parts there are")).transpose()?;
    let (index, of) = if index == "job" {
        let of_variable =
            |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let mut arrays = ARRAYS.iter().filter_map(|(index, of)| Some((*index, of_variable(index)?, *of)));
        let (name, value, count) = arrays.next().ok_or("no variable of a job array is set")?;
        if let Some((other, ..)) = arrays.next() {
            return Err(format!("both {name} and {other} are set"));
        }
        let told =
            count.and_then(of_variable).map(|told| number(told, count.unwrap_or_default())).transpose()?;
        let of = match (of, told) {
            (Some(of), Some(told)) if of != told => return Err(format!("the array has {told} parts")),
            (of, told) => {
                of.or(told).ok_or_else(|| format!("{name} does not tell how many parts there are"))?
            }
        };
        (number(value, name)?.checked_add(1).ok_or("the index is too large")?, of)
    } else {
        (number(index, "the part")?, of.ok_or("it does not say how many parts there are")?)
    };
    if index == 0 || index > of {
        return Err(format!("there is no part {index} of {of}; the first is 1"));
    }
    Ok(Shard { index, of })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read() {
        let kubernetes = [("JOB_COMPLETION_INDEX", "0")].as_slice();
        let cloud_run = [("CLOUD_RUN_TASK_COUNT", "4"), ("CLOUD_RUN_TASK_INDEX", "3")].as_slice();
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "2")].as_slice();
        let both = [kubernetes, batch].concat();
        for (text, variables, expected) in [
            ("1/1", &[][..], Some((1, 1))),
            ("3/16", kubernetes, Some((3, 16))),
            ("job/16", kubernetes, Some((1, 16))),
            ("job", cloud_run, Some((4, 4))),
            ("job/4", cloud_run, Some((4, 4))),
            ("job", batch, Some((2, 2))),
            ("job", kubernetes, None),
            ("job", &[], None),
            ("job/5", cloud_run, None),
            ("job/3", &[("CLOUD_RUN_TASK_INDEX", "3")], None),
            ("job", &both, None),
            ("0/4", &[], None),
            ("5/4", &[], None),
            ("4", &[], None),
            ("a/b", &[], None),
            ("1/0", &[], None),
            ("-1/4", &[], None),
        ] {
            let variables: Vec<_> =
                variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(read(text, &variables).ok().map(|shard| (shard.index, shard.of)), expected, "{text}");
        }
    }
}
