"""What python-dotenv reads: one JSON line for each file of a folder. Usage: python_dotenv.py FOLDER"""

import json
import logging
import sys
from pathlib import Path

from dotenv.main import DotEnv
from dotenv.parser import parse_stream

logging.disable()
for path in sorted(Path(sys.argv[1]).glob("*.env")):
    # as load_dotenv() does, but for the last step, which sets the environment
    keys = DotEnv(path, encoding="utf-8", override=False).dict()
    with open(path, encoding="utf-8") as stream:
        dropped = sum(binding.error for binding in parse_stream(stream))
    print(json.dumps({"keys": keys, "dropped": dropped}))
