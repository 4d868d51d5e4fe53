from __future__ import annotations

import re
from pathlib import Path

import pytest

from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.lambda_.missing_handler import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, undecided_with, violations
from tests.policies.packages import ELSEWHERE, HANDLER, function, layer, texts, with_layers, zipped

STACK = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("runtime", "handler", "files", "message"),
    [
        ("python3.13", "index.handler", {"main.py": HANDLER}, "needs `index.py`, which the function's archive does"),
        ("python3.13", "main.handler", {"src/main.py": HANDLER}, "does not hold; there is `src/main.py`"),
        ("python3.13", "app.main.handler", {"main.py": HANDLER}, "needs `app/main.py`"),
        ("python3.13", "app/main.handler", {"main.py": HANDLER}, "needs `app/main.py`"),
        ("python3.13", "main.lambda_handler", {"main.py": HANDLER}, "names `lambda_handler`, which `main.py` does not"),
        ("python3.13", "app.handler", {"app/__init__.py": ""}, "names `handler`, which `app/__init__.py` does not"),
        (
            "python3.13",
            "app.handler",
            {"app/__init__.py": "", "app/handler.py": HANDLER},
            "names `handler`, which `app/",
        ),
        (
            "python3.13",
            "a.handler",
            {"a/__init__.py": "", "a.py": HANDLER},
            "names `handler`, which `a/__init__.py` does",
        ),
        ("python3.13", "a.handler", {"a.py": "from b import handler", "b.py": "def handle(): ..."}, "names `handler`"),
        ("python3.13", "a.handler", {"a.py": "from b import *", "b.py": "def handle(): ..."}, "names `handler`"),
        ("python3.13", "a.handler", {"a.py": "class App:\n    def handler(self): ..."}, "names `handler`"),
        ("python3.13", "handler", {"handler.py": HANDLER}, "is not of the form `module.function`"),
        ("python3.13", "main:handler.", {"main.py": HANDLER}, "is not of the form `module.function`"),
        ("nodejs22.x", "index.handler", {"dist/index.js": ""}, "needs `index.js`, which the function's archive does"),
        ("nodejs22.x", "index.handler", {"dist/index.js": ""}, "there is `dist/index.js`"),
        ("nodejs22.x", "src/index.handler", {"src/index.ts": ""}, "needs `src/index.js`"),
        ("nodejs22.x", "index", {"index.js": ""}, "is not of the form `module.function`"),
        ("ruby3.4", "app/main.handler", {"main.rb": ""}, "needs `app/main.rb`"),
        ("provided.al2023", "bootstrap", {"main": ""}, "needs `bootstrap`"),
        ("provided.al2023", "main", {"bin/bootstrap": ""}, "there is `bin/bootstrap`"),
        ("java21", "com.acme.Orders::handle", {"com/acme/Order.class": ""}, "needs `com/acme/Orders.class`"),
        ("dotnet8", "Orders::Acme.Orders::Handle", {"Other.dll": ""}, "needs `Orders.dll`"),
    ],
)
def test_a_handler_that_is_not_there(runtime: str, handler: str, files: dict[str, str], message: str) -> None:
    found = function(texts(files), runtime=runtime, handler=handler)
    assert violations(POLICY, found) == ["handler"]
    assert message in messages(POLICY, found)[0]


test_a_handler_that_is_there = silent(
    POLICY,
    ("python3.13", "index.handler", {"index.py": HANDLER}),
    ("python3.13", "app/main.handler", {"app/main.py": HANDLER}),
    ("python3.13", "app.handler", {"app/__init__.py": "from .main import handler", "app/main.py": HANDLER}),
    ("python3.13", "a.handler", {"a.py": "from mangum import Mangum\nhandler = Mangum(app)"}),
    ("python3.13", "a.handler", {"a.py": "from aws_lambda_powertools.thing import handler"}),
    ("python3.13", "a.handler", {"a.py": "from b import *", "b.py": HANDLER}),
    ("python3.13", "a.handler", {"a.py": "import b\nhandler, other = b.make()", "b.py": ""}),
    ("python3.13", "a.handler", {"a.py": "try:\n    import fast as handler\nexcept ImportError:\n    pass"}),
    ("python3.13", "a.main", {"a.py": "from app import main", "app/__init__.py": "", "app/main.py": ""}),
    ("python3.13", "index.handler", {"index.cpython-313-x86_64-linux-gnu.so": ""}),
    ("python3.13", "index.handler", {"index.pyc": ""}),
    ("nodejs22.x", "index.handler", {"index.mjs": ""}),
    ("nodejs22.x", "./dist/index.nested.handler", {"dist/index.cjs": ""}),
    ("nodejs22.x", "app.handler", {"app/index.js": ""}),
    ("nodejs22.x", "serverless.handler", {"node_modules/serverless/package.json": "{}"}),
    ("nodejs22.x", "/var/task/index.handler", {"index.js": ""}),
    ("ruby3.4", "main.Acme::Handler.process", {"main.rb": ""}),
    ("provided.al2023", "anything", {"bootstrap": ""}),
    ("java21", "com.acme.Orders", {"com/acme/Orders.class": ""}),
    ("java21", "com.acme.Orders::handle", {"lib/orders.jar": ""}),
    ("dotnet8", "Orders", {"Orders.dll": ""}),
    ("cobol1", "anything", {}),
    of=lambda runtime, handler, files: function(texts(files), runtime=runtime, handler=handler),
)


@pytest.mark.parametrize(
    ("runtime", "handler", "files"),
    [
        ("python3.13", "shared.handler", {"python/shared.py": HANDLER}),
        ("python3.13", "shared.handler", {"python/lib/python3.13/site-packages/shared/__init__.py": HANDLER}),
        ("nodejs22.x", "shared/index.handler", {"nodejs/node_modules/shared/index.js": ""}),
        ("nodejs22.x", "shared/index.handler", {"nodejs/node22/node_modules/shared/index.js": ""}),
        ("nodejs22.x", "/opt/nodejs/wrap.handler", {"nodejs/wrap.js": ""}),
        ("ruby3.4", "shared.handler", {"ruby/lib/shared.rb": ""}),
        ("provided.al2023", "index.handler", {"bootstrap": ""}),
    ],
)
def test_a_handler_in_a_layer_of_the_stack(runtime: str, handler: str, files: dict[str, str]) -> None:
    run = function(texts({"index.py": HANDLER}), runtime=runtime, handler=handler)
    for known in (True, False):
        assert outcomes(POLICY, *with_layers(run, layer(texts(files)), known=known)) == []
    misplaced = {f"build/{name}": text for name, text in files.items()}
    assert violations(POLICY, *with_layers(run, layer(texts(misplaced)))) == ["handler"]


def test_a_folder_of_a_layer_is_for_one_version_of_python() -> None:
    old = layer(texts({"python/lib/python3.12/site-packages/shared.py": HANDLER}))
    run = function(texts({}), handler="shared.handler")
    assert violations(POLICY, *with_layers(run, old)) == ["handler"]


def test_the_handler_may_import_from_a_layer() -> None:
    run = function(texts({"index.py": "from shared import handler"}))
    there, not_there = texts({"python/shared.py": HANDLER}), texts({"python/shared.py": "def other(): ..."})
    assert outcomes(POLICY, *with_layers(run, layer(there))) == []
    assert messages(POLICY, *with_layers(run, layer(not_there))) == [
        "names `handler`, which `index.py` does not define"
    ]


def test_a_file_that_may_not_be_executed_starts_nothing(tmp_path: Path) -> None:
    for mode, expected in ((0o644, ["handler"]), (0o755, []), (0, [])):
        code = zipped(tmp_path / "code.zip", {"bootstrap": b"\x7fELF"}, {"bootstrap": mode})
        run = function(code, runtime="provided.al2023", handler="bootstrap")
        assert violations(POLICY, run) == expected
    code = zipped(tmp_path / "code.zip", {"bootstrap": b""})
    run = function(code, runtime="provided.al2023", handler="bootstrap")
    assert messages(POLICY, run) == ["is started by `bootstrap`, which the archive does not let anyone execute"]


def test_what_is_in_another_layer_is_undecided() -> None:
    elsewhere = function(texts({"index.py": HANDLER}), handler="datadog_lambda.handler.handler", layers=[ELSEWHERE])
    assert undecided(POLICY, elsewhere) == ["handler"]
    assert "may name code in a layer that cannot be read here" in outcomes(POLICY, elsewhere)[0].message
    assert outcomes(POLICY, function(texts({"index.py": HANDLER}), layers=[ELSEWHERE])) == []
    bucket = Resource("aws:lambda/layerVersion:LayerVersion", "deps", {"layerName": "deps", "s3Bucket": "b"})
    assert undecided(POLICY, *with_layers(function(texts({})), bucket)) == ["handler"]


@pytest.mark.parametrize(
    "text",
    [
        "globals()['handler'] = print",
        "def __getattr__(name): ...",
        "from somewhere import *",
        "import sys\nsys.modules[__name__] = object()",
    ],
)
def test_a_handler_that_is_made_while_the_module_runs_is_undecided(text: str) -> None:
    assert undecided(POLICY, function(texts({"index.py": text}))) == ["handler"]


test_what_is_not_known_is_undecided = undecided_with(
    POLICY,
    (function(texts({}), runtime=UNKNOWN), "runtime", "known only after the update"),
    (function(texts({}), handler=UNKNOWN), "handler", "known only after the update"),
    (function(UNKNOWN), "code", "known only after the update"),
    (function("code.zip"), "code", "not an archive of code"),
    (function(Asset(path="/nowhere.zip", archive=True)), "code", "not on this machine"),
    (function(Asset(uri="https://example.com/code.zip", archive=True)), "code", "at a URL"),
    (function(texts({"index.py": "def handler(:"})), "code", "does not parse as Python"),
    (
        function(texts({}), environment={"variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/run"}}),
        "handler",
        "is read by the wrapper",
    ),
)


test_where_there_is_no_code_to_read_there_is_nothing_to_judge = silent(
    POLICY,
    function(None, s3Bucket="code", s3Key="read.zip"),
    function(None, packageType="Image", imageUri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/read:1"),
    function(Asset(path="/builds/7/app", archive=True, hash="2c26b46b"), handler="app.handler"),
    function(texts({}), handler=None),
    function(texts({}), runtime=None),
)


def test_a_handler_is_not_looked_for_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "index.js").write_text("")
    code = Asset(path=str(tmp_path / "code"), archive=True)
    for handler in ("../index.handler", f"{tmp_path}/index.handler"):
        assert violations(POLICY, function(code, runtime="nodejs22.x", handler=handler)) == ["handler"]


def test_the_reference_is_silent() -> None:
    folder = Asset(path=str(STACK / "lambda_fn"), archive=True)
    assert outcomes(POLICY, function(folder, handler="ingest.handler.handler")) == []
    assert re.search("needs `handler.py`", messages(POLICY, function(folder, handler="handler.handler"))[0])
