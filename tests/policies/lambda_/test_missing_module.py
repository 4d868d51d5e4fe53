from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.examples import HANDLER, texts
from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.lambda_.missing_module import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, undecided_with, violations
from tests.policies.packages import ELSEWHERE, READ_ELSEWHERE, UNREADABLE, function, layer, with_layers

STACK = Path(__file__).parents[3]
RECORD = "pandas/__init__.py,sha256=aa,10\npandas/odd.py,,\npandas-2.0.dist-info/RECORD,,\n"


def importing(index: str, files: dict[str, str] | None = None, runtime: str = "python3.13") -> Resource:
    """A function whose handler's module is this text, beside other files."""
    return function(texts({"index.py": index, **(files or {})}), runtime=runtime)


@pytest.mark.parametrize(
    "row",
    [
        ("imports `pandas` (`index.py:1`), which neither the archive nor", "import pandas"),
        ("imports `pandas.io` (`index.py:2`), which neither", "\nfrom pandas.io import x"),
        ("`yaml` (`b.py:1`)", "import a", {"a.py": "import b", "b.py": "import yaml"}),
        ("imports `requests` (`index.py:1`)", "import os, requests as http"),
        ("imports `requests` (`index.py:2`)", "class A:\n    import requests"),
        ("imports `requests`", "try:\n    import requests\nfinally:\n    pass"),
        ("imports `yaml`", "try:\n    import yaml\nexcept (KeyError, OSError):\n    pass"),
        (
            "imports `redis` (`index.py:3`)",
            "import os\nif os.getenv('X'):\n    import redis\nelse:\n    import redis.asyncio",
        ),
        (
            "imports `redis`",
            "try:\n    from redis.asyncio import Redis\nexcept ImportError:\n    from redis import Redis",
        ),
        (
            "imports `redis`",
            "import os\nif os.getenv('X'):\n    import redis\nelif os.getenv('Y'):\n    import redis.a\nelse:\n    import redis.b",
        ),
        ("imports `toml` (`index.py:3`)", "match 1:\n    case 1:\n        import toml"),
        ("imports `toml`", "match 1:\n    case 2:\n        pass\n    case _:\n        import toml"),
        (
            "imports `redis` (`index.py:4`)",
            "import os\nmatch os.getenv('X'):\n    case 'a':\n        import redis\n    case _:\n        import redis.asyncio",
        ),
        ("nor `python3.12` has; Python 3.12 removed it", "import distutils.version", {}, "python3.12"),
        ("nor `python3.13` has; Python 3.13 removed it", "import telnetlib"),
        ("nor `python3.10` has; it came with Python 3.11", "import tomllib", {}, "python3.10"),
        ("imports `setuptools`", "import setuptools", {}, "python3.12"),
        (
            "imports `tomli` (`index.py:5`)",
            "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli",
            {},
            "python3.10",
        ),
        ("imports `yaml` (`index.py:2`)", "if not TYPE_CHECKING:\n    import yaml"),
        ("imports `yaml` (`index.py:1`)", "import os, yaml\nprint(os.path, os.modules)"),
        ("imports `Util` (`index.py:1`)", "import Util", {"util.py": ""}),
        (
            "imports `ingest.recods` (`index.py:1`), which the archive does not hold; there is `ingest.records`",
            "from ingest.recods import x",
            {"ingest/__init__.py": "", "ingest/records.py": ""},
        ),
        (
            "imports `ingest.recods` (`index.py:1`), which neither the archive nor `python3.13` has; there is `ingest.",
            "import ingest.recods",
            {"ingest/records.py": ""},
        ),
        ("imports `ingest.y` (`index.py:1`)", "from ingest import y", {"ingest/records.py": ""}),
        ("imports `util.more` (`index.py:1`), which the", "import util.more", {"util.py": ""}),
        (
            "imports `pars` from `records` (`index.py:1`), which does not define it; there is `parse`",
            "from records import pars",
            {"records.py": "def parse(): ..."},
        ),
        (
            "imports `recods` from `ingest` (`ingest/__init__.py:1`), which does not define it; there is `ingest.records`",
            "import ingest",
            {"ingest/__init__.py": "from . import recods", "ingest/records.py": ""},
        ),
        (
            "imports `ingest.b` (`ingest/a.py:1`), which the archive does not hold",
            "import ingest.a",
            {"ingest/__init__.py": "", "ingest/a.py": "from .b import c"},
        ),
        ("imports `name` from `b` (`a.py:1`)", "from a import name", {"a.py": "from b import name", "b.py": ""}),
        ("imports with more dots (`index.py:1`)", "from .records import x", {"records.py": "x = 1"}),
        (
            "imports with more dots (`a/b.py:1`) than there are packages around the module",
            "import a.b",
            {"a/b.py": "from ... import c"},
        ),
    ],
)
def test_an_import_that_finds_nothing(row: Any) -> None:
    message, *case = row
    assert set(violations(POLICY, importing(*case))) == {"code"}
    assert message in "\n".join(messages(POLICY, importing(*case)))


test_an_import_that_finds_something_or_need_not = silent(
    POLICY,
    HANDLER,
    "import boto3, botocore.config, dateutil.tz, six.moves, urllib3, jmespath",
    "import awslambdaric, runtime_client, snapshot_restore_py",
    "from __future__ import annotations\nimport os.path, _thread, tomllib",
    ("import distutils, imp, telnetlib, setuptools, tomllib", {}, "python3.11"),
    ("from compression import zstd\nimport annotationlib", {}, "python3.14"),
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import mypy_boto3_s3",
    "import typing as t\nif t.TYPE_CHECKING:\n    import mypy_boto3_s3",
    "try:\n    import ujson as json\nexcept ImportError:\n    import json",
    "try:\n    import yaml\nexcept (KeyError, ModuleNotFoundError):\n    pass",
    "try:\n    import yaml\nexcept Exception:\n    pass",
    "try:\n    import yaml\nexcept:\n    pass\nelse:\n    import yaml.nodes",
    "import contextlib\nwith contextlib.suppress(ImportError):\n    import yaml",
    "import sys\nif sys.version_info < (3, 11):\n    import tomli",
    "import os\nif os.environ.get('LOCAL'):\n    import dotenv",
    "if __name__ == '__main__':\n    import pytest",
    "import sys\nmatch sys.platform:\n    case 'win32':\n        import pywin32",
    "import os\nmatch os.getenv('X'):\n    case 'a':\n        import redis\n    case _:\n        import json",
    "import os\nmatch os.getenv('X'):\n    case 'a':\n        import redis\n    case 'b':\n        import redis.asyncio",
    "match 1:\n    case 2:\n        import toml\n    case _:\n        pass",
    ("try:\n    import a\nexcept ImportError:\n    a = None", {"a.py": "import yaml"}),
    ("import lib.fast", {"lib/fast.cpython-313-x86_64-linux-gnu.so": ""}),
    ("from lib import fast", {"lib/fast.abi3.so": ""}),
    ("from lib import fast", {"lib/__init__.py": "", "lib/fast.abi3.so": ""}),
    ("import a, b.c", {"a.pyc": "", "b/__init__.pyc": "", "b/c.pyc": ""}),
    ("import google.cloud.storage", {"google/cloud/storage/__init__.py": ""}),
    ("import json.decoder", {"json/orders.json": ""}),
    ("from a import *\nfrom a import __version__, x", {"a.py": "x = 1"}),
    ("from a import x", {"a.py": "from numbers import *"}),
    ("from a import x", {"a.py": "def __getattr__(name): ..."}),
    ("from a import x", {"a.py": "__getattr__, __dir__ = make()"}),
    ("from a import x", {"a.py": "globals().update(x=1)"}),
    ("from a import x", {"a.py": "match 1:\n    case 1:\n        def x(): ..."}),
    ("from a import x", {"a.py": "def f():\n    global x\n    x = 1\nf()"}),
    ("import a.b", {"a/__init__.py": "import sys\nsys.modules['a.b'] = sys"}),
    ("import vendor\nimport yaml", {"vendor.py": "import sys\nsys.path += 'x'", "x/yaml.py": ""}),
    ("import a", {"a/__init__.py": "", "a.py": "import pandas"}),
    ("from a import b", {"a/__init__.py": "b = 1", "a/b.py": "import pandas"}),
    ("import pandas", {"pandas/__init__.py": "import numpy", "pandas-2.0.dist-info/RECORD": RECORD}),
    ("from pandas import x", {"pandas/__init__.py": "", "pandas-2.0.dist-info/RECORD": RECORD}),
    ("import pandas", {}, "nodejs22.x"),
    ("import pandas", {}, "python2.7"),
    of=importing,
)


LIBRARIES = dict.fromkeys(("pydantic.py", "aws_lambda_powertools/event_handler.py"), "def __getattr__(name): ...")
HANDLE = "def handler(event, context):\n    "
KINDS_OF = "class Csv:\n    def run(self):\n        return 1\nclass Table:\n    def run(self):\n        import pandas\n"
LOAD = "def load(*args):\n    import pandas\n    return pandas\n"
TELL = "def tell(record):\n    import pandas\n    return pandas.show(record)\n"
RUNS = {
    "what a script does not run": f"if __name__ != '__main__':\n    import pandas\n{HANDLE}pass",
    "the handler itself": f"{HANDLE}import pandas",
    "a function that it calls": f"{LOAD}{HANDLE}return load()",
    "a function of a function": f"{LOAD}def work():\n    return load()\n{HANDLE}work()",
    "a method": f"class A:\n    def __init__(self):\n        self.x = 1\n    def run(self):\n        import pandas\n{HANDLE}A().run()",
    "a constructor": f"class A:\n    def __init__(self):\n        import pandas\n{HANDLE}A()",
    "a loop over the event's records": f"{LOAD}{HANDLE}for record in event['Records']:\n        load(record)",
    "a comprehension over them": f"{LOAD}{HANDLE}return [load(record) for record in event['Records']]",
    "a function around the handler": f"def wrap(f):\n    def run(*args):\n        import pandas\n        return f(*args)\n    return run\n@wrap\n{HANDLE}pass",
    "the function that is wrapped": f"def wrap(f):\n    return lambda *args: f(*args)\n@wrap\n{HANDLE}import pandas",
    "a coroutine": f"import asyncio\nasync def main():\n    import pandas\n{HANDLE}asyncio.run(main())",
    "a coroutine that another waits for": f"import asyncio\nasync def load():\n    import pandas\nasync def main():\n    await load()\n{HANDLE}asyncio.run(main())",
    "a module that a function imports": f"{HANDLE}from lib import work\n    work()",
    "a return at the end": f"{LOAD}{HANDLE}load()\n    return 1",
    "an exception that is raised again": f"{LOAD}{HANDLE}try:\n        load()\n    except Exception:\n        print('failed')\n        raise",
    "the end of the process": "import sys\ntry:\n    import pandas\nexcept ImportError:\n    sys.exit(1)",
    "another exception in its place": "try:\n    import pandas\nexcept ImportError as e:\n    raise RuntimeError('no pandas') from e",
    "an import by its name": "import importlib\nx = importlib.import_module('pandas')",
    "a condition": f"{LOAD}{HANDLE}if event.get('x'):\n        load()",
    "a return before it": f"{HANDLE}if event.get('x'):\n        return 1\n    import pandas",
    "one of two": f"{LOAD}def other(): pass\n{HANDLE}(load if event.get('x') else other)()",
    "an operand": f"{LOAD}{HANDLE}return event.get('x') or load()",
    "a loop over something else": f"{LOAD}{HANDLE}for x in range(event['n']):\n        load()",
    "a record that is skipped": f"{LOAD}{HANDLE}for r in event['Records']:\n        if r['x']:\n            continue\n        load()",
    "records that are chosen": f"{LOAD}{HANDLE}return [load(r) for r in event['Records'] if r['x']]",
    "work for an executor": f"from concurrent.futures import ThreadPoolExecutor as P\n{LOAD}{HANDLE}P().submit(load)",
    "a condition on the way": f"{LOAD}def work(x):\n    if x:\n        load()\n{HANDLE}work(1)",
    "a name that is made": f"import importlib\n{HANDLE}importlib.import_module('pandas' if event else 'json')",
    "a branch": f"{HANDLE}kind = event['kind']\n    if kind == 'csv':\n        import csv\n    elif kind == 'parquet':\n        import pandas",
    "an else": f"{HANDLE}if event.get('x'):\n        return 1\n    else:\n        import pandas",
    "a case": f"{LOAD}{HANDLE}match event['kind']:\n        case 'a':\n            load()",
    "a dictionary of functions": f"{LOAD}def other(): pass\nKINDS = {{'a': load, 'b': other}}\n{HANDLE}return KINDS[event['kind']]()",
    "a dictionary of objects": f"{KINDS_OF}ALL = {{'a': Csv(), 'b': Table()}}\n{HANDLE}return ALL[event['kind']].run()",
    "a dictionary of classes": f"{KINDS_OF}ALL = {{'a': Csv, 'b': Table}}\n{HANDLE}return ALL[event['kind']]().run()",
    "one of two objects": f"{KINDS_OF}{HANDLE}x = Csv() if event['x'] else Table()\n    return x.run()",
    "an object of a factory": f"{KINDS_OF}def make(x):\n    if x:\n        return Csv()\n    return Table()\n{HANDLE}make(event['x']).run()",
    "a cache": f"_df = None\ndef get():\n    global _df\n    if _df is None:\n        import pandas\n        _df = pandas\n    return _df\n{HANDLE}get()",
    "a flag that it sets": f"loaded = False\ndef get():\n    global loaded\n    if not loaded:\n        import pandas\n        loaded = True\n{HANDLE}get()",
    "a property that is cached": f"from functools import cached_property\nclass A:\n    @cached_property\n    def df(self):\n        import pandas\n        return pandas\n{HANDLE}A().df",
    "a cached function": f"from functools import lru_cache\n@lru_cache(maxsize=1)\n{LOAD}{HANDLE}load()",
    "an attribute that is not set yet": f"class A:\n    def __init__(self):\n        self.x = None\n    def get(self):\n        if self.x is None:\n            import pandas\n{HANDLE}A().get()",
    "a suffix": f"import os\n{HANDLE}for r in event['Records']:\n        if os.path.splitext(r['s3']['object']['key'])[1] == '.parquet':\n            import pandas",
    "an open file": f"{HANDLE}with open('/tmp/x') as f:\n        import pandas",
    "a span": f"import boto3\n{HANDLE}with tracer.span('x'):\n        import pandas",
    "a manager of its own": f"import contextlib\n@contextlib.contextmanager\ndef timed():\n    yield\n{HANDLE}with timed():\n        import pandas",
    "another suppression": f"import contextlib\n{HANDLE}with contextlib.suppress(KeyError):\n        import pandas",
    "a loop of a client": f"import boto3\n{HANDLE}for page in boto3.client('s3').get_paginator('x').paginate():\n        for x in page:\n            import pandas",
    "a while": f"{HANDLE}while event['n'] > 0:\n        import pandas",
    "a handler of another error": f"{HANDLE}try:\n        x = event['x']\n    except KeyError:\n        import pandas",
    "a handler of all errors": f"{HANDLE}try:\n        x = event['x']\n    except Exception as e:\n        import pandas",
    "a finally": f"{HANDLE}try:\n        x = event['x']\n    finally:\n        import pandas",
    "after a try that returns": f"import json\n{HANDLE}try:\n        x = json.loads(event['body'])\n    except Exception:\n        return 400\n    import pandas",
    "after a bucket that is not its own": f"import os\n{HANDLE}if event['bucket'] != os.environ['BUCKET']:\n        return\n    import pandas",
    "a route": f"from aws_lambda_powertools.event_handler import APIGatewayRestResolver\napp = APIGatewayRestResolver()\n@app.get('/x')\ndef load():\n    import pandas\n{HANDLE}return app.resolve(event, context)",
    "__import__": f"{HANDLE}return __import__('pandas').DataFrame()",
    "names in a loop": "import importlib\nfor name in ('json', 'pandas'):\n    importlib.import_module(name)",
    "a module of a name": f"NAME = 'pandas'\nfrom importlib import import_module\n{HANDLE}import_module(NAME)",
    "threads": f"import threading\n{LOAD}{HANDLE}t = threading.Thread(target=load)\n    t.start()",
    "a map of a pool": f"from concurrent.futures import ThreadPoolExecutor as P\n{LOAD}{HANDLE}with P() as pool:\n        list(pool.map(load, event['Records']))",
    "gathered coroutines": f"import asyncio\nasync def load():\n    import pandas\nasync def main():\n    await asyncio.gather(*(load() for r in range(3)))\n{HANDLE}asyncio.run(main())",
    "a generator that is consumed": f"def rows():\n    import pandas\n    yield 1\n{HANDLE}for row in rows():\n        pass",
    "a switch that the caller turns on": f"def work(full=False):\n    if full:\n        import pandas\n{HANDLE}work(full=True)",
    "a default that is true": f"def work(full=True):\n    if full:\n        import pandas\n{HANDLE}work()",
    "an assertion": f"{LOAD}{HANDLE}assert load()",
    "a class in a function": f"{HANDLE}class A:\n        import pandas",
    "a number that is compared": f"LIMIT = 10\n{HANDLE}if len(event['x']) > LIMIT:\n        import pandas",
    "a type": f"def convert(x):\n    if isinstance(x, list):\n        import pandas\n{HANDLE}convert(event)",
    "a subclass": f"class Base:\n    def run(self):\n        self.work()\nclass A(Base):\n    def work(self):\n        import pandas\n{HANDLE}A().run()",
    "a failure that is collected": f"{TELL}{HANDLE}errors = []\n    for r in event['Records']:\n        try:\n            tell(r)\n        except Exception as e:\n            errors.append(e)\n    return errors",
    "a failure that is counted": f"{TELL}{HANDLE}failed = 0\n    for r in event['Records']:\n        try:\n            tell(r)\n        except Exception:\n            failed += 1\n    return failed",
    "a failure that is logged": f"import logging\n{TELL}{HANDLE}try:\n        tell(event)\n    except Exception:\n        logging.exception('not told')",
    "a failure that is an answer": f"{TELL}{HANDLE}try:\n        tell(event['body'])\n    except Exception as e:\n        return {{'statusCode': 500, 'body': str(e)}}",
    "a failure in another function": f"{TELL}def safe(r):\n    try:\n        tell(r)\n    except BaseException:\n        return False\n    return True\n{HANDLE}return [safe(r) for r in event['Records']]",
    "a failure that is suppressed": f"from contextlib import suppress\n{TELL}{HANDLE}for r in event['Records']:\n        with suppress(Exception):\n            tell(r)",
    "a break of a loop that is over": f"{LOAD}{HANDLE}for i in range(3):\n        break\n    load()",
}


@pytest.mark.parametrize("way", RUNS)
def test_an_import_that_some_invocation_runs(way: str) -> None:
    files = {"index.py": RUNS[way], "lib.py": "def work():\n    import pandas\n", **LIBRARIES}
    (message,) = messages(POLICY, function(texts(files)))
    assert message.startswith("imports `pandas` (`")


OPTIONAL = {
    "an object that the environment chooses": f"import os\n{KINDS_OF}x = Table() if os.environ.get('LOCAL') else Csv()\n{HANDLE}x.run()",
    "an object of a factory that asks the environment": f"import os\n{KINDS_OF}def make():\n    if os.environ.get('LOCAL'):\n        return Table()\n    return Csv()\n{HANDLE}make().run()",
    "an object by a name in the environment": f"import os\n{KINDS_OF}ALL = {{'a': Csv(), 'b': Table()}}\n{HANDLE}ALL[os.environ['KIND']].run()",
    "a function that the environment chooses": f"import os\n{LOAD}def other(): pass\nx = load if os.environ.get('LOCAL') else other\n{HANDLE}x()",
    "an object beside the one that is used": f"{KINDS_OF}a, b = Csv(), Table()\n{HANDLE}a.run()",
    "a function that nothing calls": f"{LOAD}{HANDLE}pass",
    "an exception that is caught": f"{LOAD}{HANDLE}try:\n        load()\n    except Exception:\n        return 1",
    "another way after a failure": f"{TELL}def plain(r): pass\n{HANDLE}try:\n        tell(event)\n    except Exception:\n        plain(event)",
    "a value after a failure": f"{TELL}{HANDLE}try:\n        frame = tell(event)\n    except Exception:\n        frame = None\n    return frame",
    "a default after a failure": f"{TELL}def size(r):\n    try:\n        return tell(r)\n    except Exception:\n        return 0\n{HANDLE}return size(event)",
    "an import error around a call": f"{TELL}{HANDLE}try:\n        tell(event)\n    except ImportError:\n        print('no pandas')",
    "an import error beside others": f"{TELL}{HANDLE}try:\n        tell(event)\n    except ModuleNotFoundError:\n        pass\n    except Exception as e:\n        print(e)",
    "an import error in a tuple": f"{TELL}{HANDLE}try:\n        tell(event)\n    except (ImportError, ValueError) as e:\n        print(e)",
    "an import directly in a block": f"{HANDLE}try:\n        import pandas\n        pandas.show(event)\n    except Exception as e:\n        print(e)",
    "a module by its name directly in a block": f"import importlib\n{HANDLE}try:\n        importlib.import_module('pandas').show(event)\n    except Exception as e:\n        print(e)",
    "an import error in the function": f"def tell(r):\n    try:\n        import pandas\n    except ImportError:\n        return\n{HANDLE}try:\n        tell(event)\n    except Exception as e:\n        print(e)",
    "a start that may fail": f"{LOAD}{HANDLE}try:\n        load()\n    except Exception as e:\n        print(e)",
    "an import error that is suppressed around a call": f"from contextlib import suppress\n{TELL}{HANDLE}with suppress(ImportError):\n        tell(event)",
    "one backend after the other": f"{TELL}def other(r): pass\n{HANDLE}for backend in (tell, other):\n        try:\n            return backend(event)\n        except Exception as e:\n            print(e)",
    "a client that is cached after a failure": f"{TELL}client = None\n{HANDLE}global client\n    try:\n        client = tell(event)\n    except Exception:\n        client = False",
    "an exception that may be raised again": f"{LOAD}{HANDLE}try:\n        load()\n    except Exception:\n        if event:\n            return 1\n        raise",
    "a generator": f"def load():\n    import pandas\n    yield 1\n{HANDLE}load()",
    "a coroutine that nothing waits for": f"async def load():\n    import pandas\n{HANDLE}load()",
    "coroutines whose exceptions are collected": f"import asyncio\nasync def load():\n    import pandas\nasync def main():\n    await asyncio.gather(load(), return_exceptions=True)\n{HANDLE}asyncio.run(main())",
    "an exception before it that is caught": f"{LOAD}{HANDLE}try:\n        raise KeyError\n        load()\n    except KeyError:\n        return 1",
    "a function that a library is given": f"import atexit\n{LOAD}{HANDLE}atexit.register(load)",
    "a lambda that nothing calls": f"{LOAD}{HANDLE}later = lambda: load()",
    "a feature that is not there": f"try:\n    import pandas\n    HAS_PANDAS = True\nexcept ImportError:\n    HAS_PANDAS = False\n{HANDLE}if HAS_PANDAS:\n        import pandas.io",
    "a module that may be None": f"try:\n    import pandas\nexcept ImportError:\n    pandas = None\n{HANDLE}if pandas is not None:\n        from pandas import io",
    "a return where it is not there": f"import importlib.util\n{HANDLE}if importlib.util.find_spec('pandas') is None:\n        return 1\n    import pandas",
    "a platform": f"import sys\n{HANDLE}if sys.platform == 'win32':\n        import pandas",
    "a platform's name": f"import platform\n{HANDLE}if platform.system() == 'Windows':\n        import pandas",
    "a variable": f"import os\n{HANDLE}if os.getenv('LOCAL'):\n        import pandas",
    "a variable of a module": f"import os\nLOCAL = bool(os.getenv('LOCAL'))\n{HANDLE}if LOCAL and event:\n        import pandas",
    "a variable that a function reads": f"import os\ndef is_on_my_machine():\n    return os.environ.get('X') == 'y'\n{HANDLE}if is_on_my_machine():\n        import pandas",
    "a setting of another module": f"import lib\n{HANDLE}if lib.DEBUG:\n        import pandas",
    "a switch": f"{HANDLE}work(True)\ndef work(debug):\n    if debug:\n        import pandas",
    "a switch that is off by default": f"def work(full=False):\n    if full:\n        import pandas\n{HANDLE}work()",
    "a parameter that is None by default": f"def work(x, frame=None):\n    if frame and x:\n        import pandas\n{HANDLE}work(event)",
    "a flag of an object": f"class A:\n    def __init__(self, debug):\n        self.debug = debug\n    def run(self):\n        if self.debug:\n            import pandas\n{HANDLE}A(False).run()",
    "a file of one machine": f"import os\n{HANDLE}if os.path.exists('/opt/x'):\n        import pandas",
    "only types": f"from typing import TYPE_CHECKING\n{HANDLE}if TYPE_CHECKING:\n        import pandas",
    "a suppression": f"import contextlib\n{HANDLE}with contextlib.suppress(ImportError, KeyError):\n        import pandas",
    "a suppression by its name": f"from contextlib import suppress\n{HANDLE}with suppress(Exception):\n        import pandas",
    "a manager that suppresses": f"import contextlib\n@contextlib.contextmanager\ndef quiet():\n    try:\n        yield\n    except ImportError:\n        pass\n{HANDLE}with quiet():\n        import pandas",
    "a class that suppresses": f"class Quiet:\n    def __enter__(self): ...\n    def __exit__(self, kind, *rest):\n        return kind is ImportError\n{HANDLE}with Quiet():\n        import pandas",
    "the other way": f"{HANDLE}try:\n        import csv\n    except ImportError:\n        import pandas",
    "what follows the other way": f"{HANDLE}try:\n        import orjson\n    except ImportError:\n        return 1\n    import pandas",
    "dead code": f"{HANDLE}return 1\n    import pandas",
    "code after an exception": f"{HANDLE}raise ValueError\n    import pandas",
    "a method that nothing calls": f"class A:\n    def run(self): ...\n    def frame(self):\n        import pandas\n{HANDLE}A().run()",
    "a method of a model that nothing calls": f"from pydantic import BaseModel\nclass A(BaseModel):\n    def frame(self):\n        import pandas\n{HANDLE}A()",
    "the command line": f"def main():\n    import pandas\n{HANDLE}pass\nif __name__ == '__main__':\n    main()",
    "a version": f"import sys\n{HANDLE}if sys.version_info < (3, 11):\n        import pandas",
    "a name that is not fixed": f"import importlib\n{HANDLE}importlib.import_module(event['name'])",
    "the script": f"{LOAD}{HANDLE}pass\nif __name__ == '__main__':\n    load()",
}


@pytest.mark.parametrize("way", OPTIONAL)
def test_an_import_that_is_optional_or_never_runs(way: str) -> None:
    files = {"index.py": OPTIONAL[way], "lib.py": "import os\nDEBUG = 'x' in os.environ\n", **LIBRARIES}
    assert outcomes(POLICY, function(texts(files))) == []


ORJSON = "try:\n    import orjson as json\nexcept ImportError:\n    "
LAST_RESORTS = {
    "another library": f"{ORJSON}import ujson as json",
    "the third": f"{ORJSON}try:\n        import rapidjson\n    except ImportError:\n        import ujson",
    "any error": "try:\n    from orjson import loads\nexcept Exception as e:\n    print(e)\n    import ujson",
    "one of several": "try:\n    import json, orjson\nexcept ImportError:\n    import ujson",
    "another error first": "try:\n    import orjson\nexcept KeyError:\n    pass\nexcept ImportError:\n    import ujson",
    "a class": "class A:\n    try:\n        import orjson\n    except ImportError:\n        import ujson",
    "a function": f"def go():\n    try:\n        import x\n    except ImportError:\n        import ujson\n{HANDLE}go()",
}
"""Code with a last import that fails as those before it do."""


@pytest.mark.parametrize("way", LAST_RESORTS)
def test_an_import_that_is_the_last_resort(way: str) -> None:
    (message,) = messages(POLICY, importing(LAST_RESORTS[way]))
    assert message.startswith("imports `ujson` (`")
    assert message.endswith("`, which is tried first, is missing too")


test_alternatives_of_which_one_is_there = silent(
    POLICY,
    f"{ORJSON}import simplejson as json",
    (f"{ORJSON}import ujson as json", {"orjson/__init__.py": ""}),
    (f"{ORJSON}import ujson as json", {"ujson.py": ""}),
    f"{ORJSON}try:\n        import ujson as json\n    except ImportError:\n        import json",
    f"{ORJSON}try:\n        import ujson as json\n    except ImportError:\n        json = None",
    f"{ORJSON}import os\n    if os.environ.get('FAST'):\n        import ujson",
    "try:\n    from urllib.parse import quote\nexcept ImportError:\n    from urllib2 import quote",
    "try:\n    try:\n        import orjson\n    except ImportError:\n        import ujson\nexcept ImportError:\n    ujson = None",
    "import contextlib\nwith contextlib.suppress(ImportError):\n    try:\n        import x\n    except ImportError:\n        import y",
    "import importlib.util\nif importlib.util.find_spec('orjson'):\n    import orjson\nelse:\n    import ujson",
    "try:\n    import json\n    x = json.loads('{}')['a']\nexcept Exception:\n    import ujson",
    ("try:\n    import fast\nexcept ImportError:\n    import slow", {"fast.py": "", "slow.py": "import pandas"}),
    ("import sys\nsys.path.append('x')\ntry:\n    import a\nexcept ImportError:\n    import b", {"x/a.py": ""}),
    of=importing,
)


LAZY = "def read():\n    import pandas\n"


def test_functions_of_a_copied_library_may_import_what_is_not_there() -> None:
    calls = "from {0} import read\ndef handler(event, context):\n    read()\n"
    for files in (
        {"index.py": calls.format("lib"), "lib/__init__.py": f"__version__ = '1.0'\n{LAZY}"},
        {
            "index.py": calls.format("lib"),
            "lib/__init__.py": f"from lib.about import __version__\n{LAZY}",
            "lib/about.py": "__version__ = '1'",
        },
        {"index.py": calls.format("app.vendor.lib"), "app/vendor/lib.py": LAZY},
        {
            "index.py": calls.format("lib"),
            "lib/__init__.py": "__version__ = '1.0'\ndef read():\n    import lib.more\n",
            "lib/more.py": "import pandas",
        },
    ):
        assert outcomes(POLICY, function(texts(files))) == []
    own = {"index.py": calls.format("lib"), "lib/__init__.py": LAZY}
    assert violations(POLICY, function(texts(own))) == ["code"]
    through = {"index.py": "from lib import wrap\n@wrap\ndef handler(event, context):\n    import pandas\n"}
    wrap = {
        "lib/__init__.py": "__version__ = '1'\ndef wrap(f):\n    def run(*a):\n        return f(*a)\n    return run\n"
    }
    assert violations(POLICY, function(texts(through | wrap))) == ["code"]


def test_code_that_is_too_large_is_judged_by_what_its_modules_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policypack.python.reader.STEPS", 20)
    files = {"index.py": "import pandas\n" + "x = 1\n" * 40 + HANDLER, "pandas.py": "import numpy"}
    assert messages(POLICY, function(texts(files)))[0].startswith("imports `numpy` (`pandas.py:1`)")
    monkeypatch.setattr("policypack.python.reader.SHALLOW_STEPS", 20)
    run = function(texts({**files, "pandas.py": "import polars"}))
    assert undecided(POLICY, run) == ["code"]
    assert any("holds code that is too large" in outcome.message for outcome in outcomes(POLICY, run))


def test_a_place_that_only_a_function_adds_that_nothing_calls_is_none() -> None:
    text = "import sys as system\ndef add():\n    system.path.append('/mnt/efs')\n{}import pandas\n"
    assert violations(POLICY, function(texts({"index.py": text.format("")}))) == ["code"]
    assert undecided(POLICY, function(texts({"index.py": text.format("add()\n")}))) == ["code"]


def test_an_own_package_that_was_installed_from_its_folder_is_followed() -> None:
    files = {"index.py": "import pandas", "pandas/__init__.py": "import numpy", "pandas-2.0.dist-info/RECORD": RECORD}
    local = {"pandas-2.0.dist-info/direct_url.json": '{"url": "file:///builds/pandas", "dir_info": {}}'}
    assert messages(POLICY, function(texts(files | local)))[0].startswith("imports `numpy` (`pandas/__init__.py:1`)")


def test_a_misspelt_module_of_a_published_package() -> None:
    files = {
        "index.py": "import pandas.ood",
        "pandas/__init__.py": "",
        "pandas/odd.py": "",
        "x.dist-info/RECORD": RECORD,
    }
    assert messages(POLICY, function(texts(files))) == [
        "imports `pandas.ood` (`index.py:1`), which the archive does not hold; there is `pandas.odd`"
    ]


@pytest.mark.parametrize("place", ["python/pandas.py", "python/lib/python3.13/site-packages/pandas/__init__.py"])
def test_a_module_in_a_layer_of_the_stack(place: str) -> None:
    run = function(texts({"index.py": "import pandas"}))
    for known in (True, False):
        assert outcomes(POLICY, *with_layers(run, layer(texts({place: "import numpy"})), known=known)) == []
        missing = with_layers(run, layer(texts({f"build/{place}": ""})), known=known)
        assert messages(POLICY, *missing) == [
            "imports `pandas` (`index.py:1`), which neither the archive, nor a layer, nor `python3.13` has"
        ]
    other = layer(texts({"python/lib/python3.12/site-packages/pandas.py": ""}))
    assert violations(POLICY, *with_layers(run, other)) == ["code"]


def test_a_layer_from_elsewhere_may_have_what_the_archive_has_not_but_no_own_module() -> None:
    files = {"index.py": "import aws_lambda_powertools\nimport own.b", "own/__init__.py": ""}
    assert messages(POLICY, function(texts(files), layers=[ELSEWHERE])) == [
        "imports `own.b` (`index.py:2`), which the archive does not hold"
    ]
    bucket = Resource("aws:lambda/layerVersion:LayerVersion", "deps", {"layerName": "deps", "s3Bucket": "b"})
    assert outcomes(POLICY, *with_layers(function(texts({"index.py": "import pandas"})), bucket)) == []


def test_an_unknown_layer_is_undecided() -> None:
    run = function(texts({"index.py": "import pandas"}), layers=[UNKNOWN])
    assert undecided(POLICY, run) == ["code"]
    assert "but perhaps a layer that is known only after the update" in outcomes(POLICY, run)[0].message
    assert outcomes(POLICY, function(texts({"index.py": HANDLER}), layers=[UNKNOWN])) == []


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("import sys\nsys.path.append('/mnt/efs')\nimport pandas", {}),
        ("from sys import path\npath.append('/mnt/efs')\nimport pandas", {}),
        ("import site\nsite.addsitedir('/mnt/efs')\nimport pandas", {}),
        ("import pandas", {"environment": {"variables": {"PYTHONPATH": "/mnt/efs"}}}),
        ("import pandas", {"environment": {"variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/run"}}}),
    ],
)
def test_a_place_that_the_code_or_a_variable_adds_is_undecided(text: str, inputs: dict[str, object]) -> None:
    run = function(texts({"index.py": text}), **inputs)
    assert undecided(POLICY, run) == ["code"]
    assert "but more places are looked in" in outcomes(POLICY, run)[0].message
    assert outcomes(POLICY, function(texts({"index.py": text, "vendor/pandas/__init__.py": ""}), **inputs)) == []


test_what_is_not_known_is_undecided = undecided_with(
    POLICY,
    (function(texts({}), runtime=UNKNOWN), "runtime", "known only after the update"),
    (function(texts({}), handler=UNKNOWN), "handler", "known only after the update"),
    *UNREADABLE,
    (function(texts({"index.py": "import a", "a.py": "def ("})), "code", "`a.py`, which does not parse as Python"),
)
test_a_function_without_readable_code_is_not_judged = silent(
    POLICY,
    *READ_ELSEWHERE,
    function(texts({"index.py": "import pandas"}), handler=None),
    function(texts({"index.py": "import pandas"}), handler="index"),
    function(texts({"main.py": "import pandas"})),
)


def test_each_import_is_reported_once_at_its_first_place() -> None:
    files = {"index.py": "import yaml\nimport a\nimport yaml", "a.py": "import yaml, index"}
    assert len(messages(POLICY, function(texts(files)))) == 1


SOURCES = [file.read_text(encoding="utf-8") for file in (STACK / "policypack").rglob("*.py")]
PIECES = [
    "import {0}.{1}",
    "from {0} import {1}",
    "from . import {0}",
    "from .. import {1}",
    "from .{0} import *",
    "try:\n    import {0}\nexcept {1}:\n    import {1}",
    "if {0}.version_info >= (3, 'x'):\n    import {1}",
    "if sys.version_info > ():\n    import {0}",
    "while {0}:\n    import {1}",
    "async def {0}():\n    import {1}",
    "class {0}({1}):\n    from {1} import {0}",
    "def {0}():\n    import {1}",
    "def {0}():\n    for x in {0}, {1}:\n        if x:\n            return\n    import {1}.b",
    "{0}()",
    "for x in {0}, {1}:\n    x()",
    "{0} = {1}",
]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from("abc"), st.sampled_from("abc")), max_size=8))
def test_no_source_that_parses_makes_it_fail(pieces: list[tuple[str, str, str]]) -> None:
    lines = [piece.format(one, two) for piece, one, two in pieces]
    files = {
        "index.py": "\n".join(lines),
        "a/__init__.py": "\n".join(lines[1:]),
        "a/b.py": "\n".join(lines[2:]),
        "b.py": "\n".join(reversed(lines)),
    }
    assert undecided(POLICY, function(texts(files))) == []


@pytest.mark.corpus
@given(st.sampled_from(SOURCES))
def test_real_sources_lack_only_what_they_import(text: str) -> None:
    reports = messages(POLICY, function(texts({"index.py": text})))
    lines = text.splitlines()
    assert all(
        "import " in lines[int(number) - 1] for report in reports for number in re.findall(r"index\.py:(\d+)", report)
    )


NAMES = st.sampled_from("abc")
FILES = ["a.py", "a/__init__.py", "a/b.py", "a/c/__init__.py", "b.py", "c/a.py"]
UNDECIDED = ("def ", "while ", "for ")
"""Statements that decide whether others run; an import counts if some invocation runs it, and Python runs one of them."""
RUN_ALWAYS = [piece for piece in (*PIECES, "from {0} import *") if not any(word in piece for word in UNDECIDED)]
SOURCE = st.lists(st.builds(str.format, st.sampled_from(RUN_ALWAYS), NAMES, NAMES), max_size=3).map("\n".join)
PROGRAM = st.builds(
    lambda files, index: files | {"index.py": index}, st.dictionaries(st.sampled_from(FILES), SOURCE), SOURCE
)
RUN = """
import importlib, signal, sys

class TooLong(BaseException):
    pass

def stop(*_):
    raise TooLong

signal.signal(signal.SIGALRM, stop)
for folder in sys.argv[1:]:
    before = set(sys.modules)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        signal.setitimer(signal.ITIMER_REAL, 1, 0.1)
        importlib.import_module("index")
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("imported")
    except BaseException as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(type(error).__name__)
    sys.path.remove(folder)
    for name in set(sys.modules) - before:
        del sys.modules[name]
"""
"""A program that takes a second is given up."""


@settings(max_examples=10, deadline=None)
@given(programs=st.lists(PROGRAM, min_size=20, max_size=20))
def test_python_itself_cannot_import_what_is_reported(programs: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as work:
        folders = [Path(work, str(number)) for number in range(len(programs))]
        for folder, program in zip(folders, programs, strict=True):
            for name, text in program.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-I", "-B", "-c", RUN, *folders], capture_output=True, text=True, check=True
        )
    runtime = f"python3.{sys.version_info.minor}"
    for program, result in zip(programs, ran.stdout.split(), strict=True):
        if result == "imported":
            assert outcomes(POLICY, function(texts(program), runtime=runtime)) == []


def test_the_reference_is_silent_with_its_dependencies_and_names_those_it_lacks() -> None:
    folder = Asset(path=str(STACK / "lambda_fn"), archive=True)
    run = function(folder, handler="ingest.handler.handler")
    assert outcomes(POLICY, function(folder, handler="ingest.handler.handler", layers=[ELSEWHERE])) == []
    assert all("imports `aws_lambda_powertools" in message for message in messages(POLICY, run))
    assert messages(POLICY, run)
