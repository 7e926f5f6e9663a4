# What the running POSIX shell reads: for each file of a folder the environment as NUL-ended records (none if the shell
# ended), `=status N`, and `=end`. Usage: bash|dash source.sh FOLDER
for __reader_file in "$1"/*.env; do
  (
    set -a
    . "$__reader_file"
    printf '=status %s\000' "$?"
    exec /usr/bin/env -0
  ) 2>/dev/null
  printf '=end\000'
done
