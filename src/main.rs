//! Arguments in, exit code out.
use std::process::ExitCode;

/// The system's own allocator took a third of the processor time of a large chain: many small trees, several threads. Huge
/// pages (`no_thp` in `Cargo.toml`) took as much again: the kernel makes room for each of them first, and a run is over soon.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(trueup::cli::run(std::env::args_os()).code())
}
