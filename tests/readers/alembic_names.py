"""Upgrades every chain of a folder on a database of its own, and tells the names that are in it then."""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def told(engine):
    look = sa.inspect(engine)
    tables = {}
    for table in look.get_table_names():
        if table == "alembic_version":
            continue
        found = []
        key = look.get_pk_constraint(table)
        if key["constrained_columns"]:
            found.append(["pk", key["name"], key["constrained_columns"]])
        found += [["uq", one["name"], one["column_names"]] for one in look.get_unique_constraints(table)]
        found += [["fk", one["name"], one["constrained_columns"]] for one in look.get_foreign_keys(table)]
        found += [["ck", one["name"], []] for one in look.get_check_constraints(table)]
        found += [
            ["ix", one["name"], one["column_names"]]
            for one in look.get_indexes(table)
            if not one.get("duplicates_constraint")
        ]
        tables[table] = found
    return tables


for case in sorted(Path(sys.argv[1]).iterdir()):
    url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{case}/app.db"
    os.environ["CASE_URL"] = url
    os.chdir(case)
    engine = sa.create_engine(url)
    if url.startswith("postgres"):
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    answer = {}
    try:
        command.upgrade(Config(str(case / "alembic.ini")), "head")
    except Exception as error:
        answer["error"] = f"{type(error).__name__}: {error}"
    answer["tables"] = told(engine)
    engine.dispose()
    print(json.dumps(answer))
