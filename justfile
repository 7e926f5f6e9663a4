# What a contributor does more than once. Each recipe is one plain command, for those without `just`.

# Format and lints
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# Everything, against real servers: the README's test command
test:
    bash tests/run

# A hundred starts of what is shipped
bench:
    cargo build --locked --profile dist
    bash -c 'time for i in {1..100}; do target/dist/trueup --version >/dev/null; done'

# Rewrite snapshots, schemas and the findings that rules expect; then read the diff
update-snapshots:
    SNAPSHOTS=overwrite cargo test --locked --no-fail-fast --test rules --test console --test formats --test schemas

# Licences and sources of what is linked
licences:
    cargo deny check licenses bans sources
