# Each recipe is one plain command, so it also works without just.
python := ".venv/bin/python"

# everything that CI runs
check: locks lint types contracts docs workflows test

lint:
    .venv/bin/ruff check . && .venv/bin/ruff format --check .

types:
    .venv/bin/mypy && MYPYPATH=lambda_fn .venv/bin/mypy --package ingest && MYPYPATH=stack .venv/bin/mypy stack

contracts:
    .venv/bin/lint-imports

# generated files are fresh
docs:
    {{python}} tools/generate_docs.py --check && {{python}} tools/generate_tables.py --check && {{python}} tools/generate_resources.py --check && {{python}} tools/generate_property_kinds.py --check

# write the generated files again
generate:
    {{python}} tools/generate_docs.py && {{python}} tools/generate_tables.py && {{python}} tools/generate_resources.py && {{python}} tools/generate_property_kinds.py

test:
    .venv/bin/pytest

# every lock is one of its pyproject.toml
locks:
    {{python}} tools/lock.py --check

# lock every dependency again, with hashes and without a registry's address
lock:
    {{python}} tools/lock.py --upgrade

# zizmor and actionlint over our workflow, and over the one that docs/ci.md shows
workflows:
    {{python}} tools/lint_workflows.py

# the documentation as a site, in dist/site
site:
    .venv/bin/pip install -q -r locks/docs.txt && {{python}} tools/build_site.py dist/site

# look for inputs that break a parser, an hour for each: `just fuzz 3600`
fuzz seconds="60":
    .venv/bin/pip install -q -r locks/fuzz.txt && {{python}} -m tests.fuzz --all --seconds {{seconds}}

bench:
    {{python}} -m benchmarks
