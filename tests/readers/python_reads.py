"""Runs programs and tells which keys of the environment they looked up, one line of JSON each.

python_reads.py FOLDER: every folder in it is a program, which begins with its main.py. A program runs in a process of its
own, in an environment that answers every look and writes it down. Classes of pydantic's settings are asked what they look up.
"""
import collections.abc
import json
import os
import runpy
import sys

from pydantic.v1 import env_settings
from pydantic_settings import EnvSettingsSource


class Recording(collections.abc.MutableMapping):
    def __init__(self):
        self.looked, self.set = set(), {}

    def __getitem__(self, key):
        if key in self.set:
            return self.set[key]
        self.looked.add(key)
        return "1"

    def get(self, key, default=None):
        if key in self.set:
            return self.set[key]
        self.looked.add(key)
        return default

    def __contains__(self, key):
        self.looked.add(key)
        return key in self.set

    def pop(self, key, *default):
        self.looked.add(key)
        return default[0] if default else "1"

    def __setitem__(self, key, value):
        self.set[key] = value

    def __delitem__(self, key):
        self.set.pop(key, None)

    def __iter__(self):
        return iter(self.set)

    def __len__(self):
        return len(self.set)

    def copy(self):
        return self

    def __or__(self, other):
        return self


class Asked(dict):
    """What pydantic-settings makes of the environment."""

    def __init__(self, looked):
        super().__init__()
        self.looked = looked

    def get(self, key, default=None):
        self.looked.add(key)
        return default


def main(folder):
    recording = Recording()
    parts = set()
    explode = EnvSettingsSource.explode_env_vars

    def exploded(self, field_name, field, env_vars):
        if self.env_nested_delimiter:
            names = [name for _, name, _ in self._extract_field_info(field, field_name)]
            parts.update(name + self.env_nested_delimiter for name in names)
        return explode(self, field_name, field, env_vars)

    EnvSettingsSource.explode_env_vars = exploded
    EnvSettingsSource._load_env_vars = lambda self: Asked(recording.looked)
    call = env_settings.EnvSettingsSource.__call__

    def called(self, settings):
        for field in settings.__fields__.values():
            recording.looked.update(field.field_info.extra["env_names"])
        return call(self, settings)

    env_settings.EnvSettingsSource.__call__ = called
    sys.path.insert(0, folder)
    os.chdir(folder)
    os.environ = recording
    said = {}
    try:
        runpy.run_path("main.py", run_name="__main__")
    except BaseException as error:
        said["error"] = f"{type(error).__name__}: {error}"
    said["keys"], said["parts"] = sorted(recording.looked), sorted(parts)
    return json.dumps(said)


root = sys.argv[1]
for name in sorted(os.listdir(root)):
    out, into = os.pipe()
    if os.fork() == 0:
        os.write(into, (main(os.path.join(root, name)) + "\n").encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as answer:
        sys.stdout.write(answer.read())
    os.wait()
