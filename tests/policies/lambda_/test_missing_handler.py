from __future__ import annotations

import re
from pathlib import Path

import pytest

from policypack.core.examples import HANDLER, texts
from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.policies.lambda_.missing_handler import POLICY
from tests.policies.helpers import messages, outcomes, reported_with, silent, undecided, undecided_with, violations
from tests.policies.packages import ELSEWHERE, READ_ELSEWHERE, UNREADABLE, function, layer, with_layers, zipped

STACK = Path(__file__).parents[3]


def handled(handler: str, files: dict[str, str], runtime: str = "python3.13") -> Resource:
    return function(texts(files), runtime=runtime, handler=handler)


test_a_handler_that_is_not_there = reported_with(
    POLICY,
    (("index.handler", {"main.py": HANDLER}), "handler", "needs `index.py`, which the function's archive does"),
    (("main.handler", {"src/main.py": HANDLER}), "handler", "does not contain; there is `src/main.py`"),
    (("app.main.handler", {"main.py": HANDLER}), "handler", "needs `app/main.py`"),
    (("app/main.handler", {"main.py": HANDLER}), "handler", "needs `app/main.py`"),
    (("main.lambda_handler", {"main.py": HANDLER}), "handler", "names `lambda_handler`, which `main.py` does not"),
    (("app.handler", {"app/__init__.py": ""}), "handler", "names `handler`, which `app/__init__.py` does not"),
    (("app.handler", {"app/__init__.py": "", "app/handler.py": HANDLER}), "handler", "names `handler`, which `app/"),
    (("a.handler", {"a/__init__.py": "", "a.py": HANDLER}), "handler", "names `handler`, which `a/__init__.py` does"),
    (("a.handler", {"a.py": "from b import handler", "b.py": "def handle(): ..."}), "handler", "names `handler`"),
    (("a.handler", {"a.py": "from b import *", "b.py": "def handle(): ..."}), "handler", "names `handler`"),
    (("a.handler", {"a.py": "class App:\n    def handler(self): ..."}), "handler", "names `handler`"),
    (("handler", {"handler.py": HANDLER}), "handler", "is not of the form `module.function`"),
    (("main:handler.", {"main.py": HANDLER}), "handler", "is not of the form `module.function`"),
    (
        ("index.handler", {"dist/index.js": ""}, "nodejs22.x"),
        "handler",
        "needs `index.js`, which the function's archive does",
    ),
    (("index.handler", {"dist/index.js": ""}, "nodejs22.x"), "handler", "there is `dist/index.js`"),
    (("src/index.handler", {"src/index.ts": ""}, "nodejs22.x"), "handler", "needs `src/index.js`"),
    (("index", {"index.js": ""}, "nodejs22.x"), "handler", "is not of the form `module.function`"),
    (("index.handler", {"index.js": "exports.main = async () => 1;"}, "nodejs22.x"), "handler", "names `handler`"),
    (("index.handler", {"index.js": "module.exports = { main, other }"}, "nodejs22.x"), "handler", "which `index.js`"),
    (("index.handler", {"index.mjs": "export const main = async () => 1"}, "nodejs22.x"), "handler", "`index.mjs`"),
    (("index.handler", {"index.cjs": "const handler = () => 1;"}, "nodejs22.x"), "handler", "names `handler`"),
    (("index.handler", {"index.js": "export { handler as main };"}, "nodejs22.x"), "handler", "names `handler`"),
    (
        ("index.handler", {"index.js": "// exports.handler\nexports.run = 1"}, "nodejs22.x"),
        "handler",
        "names `handler`",
    ),
    (("main.handler", {"main.rb": "require 'json'\ndef run(event:)\nend"}, "ruby3.4"), "handler", "names `handler`"),
    (("a.handler", {"a.py": 'if __name__ == "__main__":\n    def handler(e, c): ...'}), "handler", "names `handler`"),
    (("a.handler", {"a.py": 'if __name__ == "__main__":\n    handler = print'}), "handler", "names `handler`"),
    (("app/main.handler", {"main.rb": ""}, "ruby3.4"), "handler", "needs `app/main.rb`"),
    (("bootstrap", {"main": ""}, "provided.al2023"), "handler", "needs `bootstrap`"),
    (("main", {"bin/bootstrap": ""}, "provided.al2023"), "handler", "there is `bin/bootstrap`"),
    (("com.acme.Orders::handle", {"com/acme/Order.class": ""}, "java21"), "handler", "needs `com/acme/Orders.class`"),
    (("Orders::Acme.Orders::Handle", {"Other.dll": ""}, "dotnet8"), "handler", "needs `Orders.dll`"),
    of=handled,
)
test_a_handler_that_is_there = silent(
    POLICY,
    ("index.handler", {"index.js": "exports.handler = async () => 1;"}, "nodejs22.x"),
    ("index.handler", {"index.js": "module.exports = { main, handler: run };"}, "nodejs22.x"),
    ("index.handler", {"index.js": "0 && (module.exports = { handler });"}, "nodejs22.x"),
    ("index.handler", {"index.mjs": "export async function handler(event) {}"}, "nodejs22.x"),
    ("index.handler", {"index.mjs": "export { handler } from './app.mjs';"}, "nodejs22.x"),
    ("index.handler", {"index.js": "export * from './app.js';"}, "nodejs22.x"),
    ("index.handler", {"index.js": "module.exports = require('./app');"}, "nodejs22.x"),
    ("index.handler", {"index.js": "module.exports = { ...app };"}, "nodejs22.x"),
    ("index.handler", {"index.js": "Object.assign(exports, app);"}, "nodejs22.x"),
    ("index.handler", {"index.js": "export const { handler } = make(app);"}, "nodejs22.x"),
    ("main.handler", {"main.rb": "def handler(event:, context:)\nend"}, "ruby3.4"),
    ("main.App.handler", {"main.rb": "class App\n  def self.handler(event:, context:)\n  end\nend"}, "ruby3.4"),
    ("main.handler", {"main.rb": "require_relative 'app'"}, "ruby3.4"),
    ("a.handler", {"a.py": 'if __name__ != "__main__":\n    def handler(e, c): ...'}),
    ("a.handler", {"a.py": 'if __name__ == "__main__":\n    run()\nelse:\n    handler = print'}),
    ("index.handler", {"index.py": HANDLER}),
    ("app/main.handler", {"app/main.py": HANDLER}),
    ("app.handler", {"app/__init__.py": "from .main import handler", "app/main.py": HANDLER}),
    ("a.handler", {"a.py": "from mangum import Mangum\nhandler = Mangum(app)"}),
    ("a.handler", {"a.py": "from aws_lambda_powertools.thing import handler"}),
    ("a.handler", {"a.py": "from b import *", "b.py": HANDLER}),
    ("a.handler", {"a.py": "import b\nhandler, other = b.make()", "b.py": ""}),
    ("a.handler", {"a.py": "try:\n    import fast as handler\nexcept ImportError:\n    pass"}),
    ("a.main", {"a.py": "from app import main", "app/__init__.py": "", "app/main.py": ""}),
    ("index.handler", {"index.cpython-313-x86_64-linux-gnu.so": ""}),
    ("index.handler", {"index.pyc": ""}),
    ("index.handler", {"index.mjs": ""}, "nodejs22.x"),
    ("./dist/index.nested.handler", {"dist/index.cjs": ""}, "nodejs22.x"),
    ("app.handler", {"app/index.js": ""}, "nodejs22.x"),
    ("serverless.handler", {"node_modules/serverless/package.json": "{}"}, "nodejs22.x"),
    ("/var/task/index.handler", {"index.js": ""}, "nodejs22.x"),
    ("main.Acme::Handler.process", {"main.rb": ""}, "ruby3.4"),
    ("anything", {"bootstrap": ""}, "provided.al2023"),
    ("com.acme.Orders", {"com/acme/Orders.class": ""}, "java21"),
    ("com.acme.Orders::handle", {"lib/orders.jar": ""}, "java21"),
    ("Orders", {"Orders.dll": ""}, "dotnet8"),
    ("anything", {}, "cobol1"),
    of=handled,
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
    assert messages(POLICY, run) == ["is started by `bootstrap`, which is not executable in the archive"]


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
    (function("code.zip"), "code", "not an archive of code"),
    *UNREADABLE,
    (function(Asset(uri="https://example.com/code.zip", archive=True)), "code", "at a URL"),
    (function(texts({"index.py": "def handler(:"})), "code", "does not parse as Python"),
    (
        function(texts({}), environment={"variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/run"}}),
        "handler",
        "is read by the wrapper",
    ),
)
test_a_function_without_readable_code_is_not_judged = silent(
    POLICY, *READ_ELSEWHERE, function(texts({}), handler=None), function(texts({}), runtime=None)
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
