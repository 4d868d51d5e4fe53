# Each recipe is one plain command, so it also works without just.
python := ".venv/bin/python"

# everything that CI runs
check: lint types contracts docs test

lint:
    .venv/bin/ruff check . && .venv/bin/ruff format --check .

types:
    .venv/bin/mypy && MYPYPATH=lambda_fn .venv/bin/mypy --package ingest && MYPYPATH=stack .venv/bin/mypy stack

contracts:
    .venv/bin/lint-imports

# generated files are fresh
docs:
    {{python}} tools/generate_docs.py --check && {{python}} tools/generate_tables.py --check && {{python}} tools/generate_resources.py --check

# write the generated files again
generate:
    {{python}} tools/generate_docs.py && {{python}} tools/generate_tables.py && {{python}} tools/generate_resources.py

test:
    .venv/bin/pytest

# lock every dependency again, with hashes and without a registry's address
lock:
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --extra stack -o locks/run.txt
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --extra stack --extra template --group test --group lint -o locks/dev.txt
    cd lambda_fn && uv pip compile --quiet --upgrade pyproject.toml -o requirements.lock

bench:
    {{python}} -m benchmarks
