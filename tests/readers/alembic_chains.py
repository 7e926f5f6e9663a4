"""What Alembic makes of the chains in the folders below FOLDER: one JSON line for each. Usage: alembic_chains.py FOLDER"""

import graphlib
import json
import os
import sys
import warnings
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory


def ask(folder):
    os.chdir(folder)
    ini, toml = folder / "alembic.ini", folder / "pyproject.toml"
    config = Config(str(ini), toml_file=str(toml) if toml.exists() else None)
    script = ScriptDirectory.from_config(config)
    answer = {
        "script": os.path.realpath(script.dir),
        "locations": [os.path.realpath(path) for path in script._version_locations],
        "template": script.file_template,
        "slug": script.truncate_slug_length,
        "recursive": script.recursive_version_locations,
        "sourceless": script.sourceless,
        "timezone": script.timezone or None,
    }
    chain = script.revision_map
    chain._revision_map
    revisions = [rev for rev in {id(rev): rev for rev in chain._revision_map.values() if rev}.values()]
    answer["heads"] = sorted(script.get_heads())
    answer["effective"] = sorted(chain._real_heads)
    answer["bases"] = sorted(script.get_bases())
    answer["children"] = {rev.revision: sorted(rev.nextrev) for rev in revisions}
    answer["branches"] = sorted(rev.revision for rev in revisions if rev.is_branch_point)
    answer["merges"] = sorted(rev.revision for rev in revisions if rev.is_merge_point)
    links = {rev.revision: set(rev._all_down_revisions) for rev in revisions}
    try:
        list(graphlib.TopologicalSorter(links).static_order())
        answer["round"] = False
    except graphlib.CycleError:
        answer["round"] = True
        return answer
    # Of several dependencies Alembic keeps a set, so that the order is a matter of chance.
    answer["fixed"] = all(len(rev._normalized_resolved_dependencies) < 2 for rev in revisions)
    answer["order"] = [rev.revision for rev in script.walk_revisions()][::-1]
    answer["links"] = {key: sorted(value) for key, value in links.items()}
    return answer


warnings.simplefilter("always")
for folder in sorted(Path(sys.argv[1]).iterdir()):
    with warnings.catch_warnings(record=True) as caught:
        try:
            answer = ask(folder.resolve())
        except Exception as error:
            answer = {"error": type(error).__name__, "said": str(error)}
    answer["warned"] = [str(one.message) for one in caught]
    print(json.dumps(answer))
