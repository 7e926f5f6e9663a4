#!/usr/bin/env bash
# 2,000 revisions: `trueup lint alembic` against `alembic heads`, in one run on one machine.
#
#   bash benches/alembic.sh TRUEUP ALEMBIC      both are programs; prints wall time and CPU time of each, best of five
#
# The goal: under 1/20 of the wall time of `alembic heads`, and under 150 ms of CPU.
set -euo pipefail
trueup=$(realpath "${1:?the trueup binary, built with --release}")
alembic=$(realpath -s "${2:?the alembic program}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p migrations/versions
printf '[alembic]\nscript_location = migrations\n' >alembic.ini

parent=None
for number in $(seq 2000); do
  id=$(printf '%04d' "$number")
  cat >"migrations/versions/${id}_step.py" <<REVISION
"""Step $id.

Revision ID: $id
Revises: $parent
"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

revision: str = "$id"
down_revision: Union[str, Sequence[str], None] = $parent
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "t_$id",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.create_index("ix_t_${id}_name", "t_$id", ["name"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_t_${id}_name", table_name="t_$id")
    op.drop_table("t_$id")
REVISION
  parent="\"$id\""
done

# wall and CPU seconds of the fastest of five runs
best() {
  for _ in 1 2 3 4 5; do
    { TIMEFORMAT='%R %U %S'; time "$@" >/dev/null 2>&1; } 2>&1
  done | sort -n | head -n 1 | awk '{ printf "wall %.3f s, cpu %.3f s\n", $1, $2 + $3 }'
}

# the first run compiles every file; what is compared is what a person waits for afterwards
"$alembic" heads >/dev/null
echo "alembic heads:       $(best "$alembic" heads)"
echo "trueup lint alembic: $(best "$trueup" lint alembic --ini alembic.ini)"
