from __future__ import annotations

import json
import os
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import HANDLER, texts
from policypack.core.policy import UNKNOWN, Asset, Resource
from policypack.lambda_code import secret_files
from policypack.lambda_code.secret_files import secret_name, secret_text
from policypack.policies.lambda_.secret_in_archive import POLICY
from tests.evaluation.test_places import outcomes as placed_outcomes
from tests.gate.test_narrower import blocking
from tests.policies.helpers import messages, outcomes, silent, undecided, undecided_with, violations
from tests.policies.packages import READ_ELSEWHERE, UNREADABLE, function, layer, zipped

ALPHABET = string.ascii_letters + string.digits


def token(length: int, alphabet: str = ALPHABET) -> str:
    """Random characters: this file contains no token, because secret scanners search it too."""
    characters = random.Random(length).choices(alphabet, k=length)
    return "".join(characters) if alphabet != ALPHABET else "aZ9" + "".join(characters)[3:]


KEY_ID = "AKIA" + token(16, string.ascii_uppercase + "234567")
SECRET_KEY = token(40)
PRIVATE = "-----BEGIN {} KEY-----\n" + "\n".join([token(64)] * 8) + "\n-----END {} KEY-----\n"
RSA = PRIVATE.replace("{}", "RSA PRIVATE")
PLAIN = PRIVATE.replace("{}", "PRIVATE")
OPENSSH = PRIVATE.replace("{}", "OPENSSH PRIVATE")
ENCRYPTED = RSA.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n", 1)
CERTIFICATE = PRIVATE.replace("{} KEY", "CERTIFICATE")
EXAMPLE = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"


MADE_UP = "Br1ght-Falcon-" + token(3, "123456789")
NAMED = {
    "index.py": f"PASSWORD = '{MADE_UP}'\n",
    "db.py": f"connect(host='db', password=\"{MADE_UP}\")\n",
    "default.py": f"key = os.getenv('API_KEY', '{token(24)}')\n",
    "typed.py": f"db_password: str = '{MADE_UP}'\n",
    "dsn.py": f"DSN = 'postgresql://app:{MADE_UP}@db.internal:5432/shop'\n",
    "google.py": f"maps = 'AIza{token(35)}'\n",
    "app.js": f"const client = connect({{apiToken: '{token(24)}'}});\n",
    "config.yaml": f"db:\n  user: shop\n  password: {MADE_UP}\n",
    "application.properties": f"spring.datasource.password={MADE_UP}\n",
    "settings.json": f'{{"jwtSecret": "{token(32, "0123456789abcdef")}"}}\n',
    "config/app.toml": f'client_secret = "{token(24)}"\n',
    "setup.ini": f"[db]\npassword = {MADE_UP}\n",
    ".pgpass": f"db.internal:5432:shop:app:{MADE_UP}\n",
}
"""Credentials that have no form of their own, only a name."""
NO_SECRETS = {
    "index.py": "PASSWORD = os.environ['DB_PASSWORD']\npassword_field = 'password-input-1'\n",
    "words.py": "PASSWORD = 'enter your password, please'\nTOKEN = 'next-page-token'\n",
    "names.py": "API_KEY = 'shop-prod-api-key'\nsecret_key = get_secret('shop/prod/api2')\n",
    "default.py": "password = os.getenv('DB_PASSWORD', 'changeme')\n",
    "columns.py": f"columns = {{'password': 'password_hash2'}}\nnext_token = '{token(24)}'\nsort_key = 'created_at2'\n",
    "paths.yaml": "password: /shop/prod1/password\napi_token: ssm:/shop/token1\n",
    "dsn.py": "DSN = f'postgresql://{user}:{password}@db.internal/shop'\nLOCAL = 'amqp://guest:guest@mq'\n",
    "tests/test_login.py": f"PASSWORD = '{MADE_UP}'\n",
    "test_login.py": f"PASSWORD = '{MADE_UP}'\n",
    "README.md": f"password: {MADE_UP}\n",
    "config.yaml": "db:\n  password: ${DB_PASSWORD}\n  secretKey: !Sub '{{resolve:secretsmanager:shop1}}'\n",
    "config.example.yaml": f"password: {MADE_UP}\n",
    "en.json": '{"password": "Password", "token": "Token2fa code"}\n',
    "schema.json": f'{{"password": "{MADE_UP}"}}\n',
    "application.properties": "spring.datasource.password=${DB_PASSWORD:}\nserver.ssl.key-store=keys.p12\n",
}


@pytest.mark.parametrize(("name", "text"), NAMED.items())
def test_a_named_credential_is_found(name: str, text: str) -> None:
    assert secret_text(name, text.encode())


@pytest.mark.parametrize(("name", "text"), NO_SECRETS.items())
def test_names_and_templates_are_no_credentials(name: str, text: str) -> None:
    assert secret_text(name, text.encode()) is None


SECRETS = {
    "an environment file": [
        (".env", "DB_PASSWORD=hunter2\n"),
        ("config/.env.production", "export TOKEN='abc'\n"),
        ("prod.env", "A=1\n"),
        (".envrc", "export A=1\n"),
    ],
    "a private key": [
        ("certs/server.key", RSA),
        ("server.pem", CERTIFICATE + PLAIN),
        ("deploy", OPENSSH),
        ("id_rsa", OPENSSH),
        ("encrypted.pem", ENCRYPTED),
        ("account.json", '{"private_key": "' + PLAIN.replace("\n", "\\n") + '"}'),
        ("settings.py", f'KEY = """{RSA}"""'),
    ],
    "a keystore": [("client.pfx", ""), ("a/client.jks", "")],
    "an AWS access key": [
        (".aws/credentials", f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n"),
        ("settings.py", f'ID = "{KEY_ID}"\nSECRET = "{SECRET_KEY}"\n'),
        ("conf.py", f'KEY = "AKIAIOSFODNN7EXAMPLQ"\nSECRET = "{SECRET_KEY[:30]}EXAMPLEq1Q"\n'),
        ("settings.json", '{"secretAccessKey": "' + SECRET_KEY + '"}'),
        ("deploy.sh", f"export AWS_SECRET_ACCESS_KEY={SECRET_KEY}\n"),
    ],
    "a GitHub token": [("a.py", f'T = "ghp_{token(36)}"'), ("b.py", f"github_pat_{token(22)}_{token(59)}")],
    "a GitLab token": [("a.py", f"glpat-{token(20)}")],
    "a Slack token": [("a.py", f"xoxb-123456789012-{token(24)}")],
    "a Slack webhook": [("a.py", f"https://hooks.slack.com/services/T01234567/B01234567/{token(24)}")],
    "a PyPI token": [("a.toml", f"pypi-AgE{token(80)}")],
    "an npm token": [("a.yml", f"npm_{token(36)}"), (".npmrc", f"//example.com/:_authToken={token(36)}")],
    "a Stripe key": [("a.py", f"sk_live_{token(24)}")],
    "an Anthropic key": [("a.py", f"sk-ant-api03-{token(93)}")],
    "an OpenAI key": [("a.py", f"sk-proj-{token(20)}T3BlbkFJ{token(20)}")],
    "a SendGrid key": [("a.py", f"SG.{token(22)}.{token(43)}")],
    "a Pulumi token": [("a.py", f"pul-{token(40, '0123456789abcdef')}")],
    "the repository's history": [("src/.git/HEAD", "")],
    "the state of a stack": [("dev.tfstate.backup", "{}"), (".pulumi/stacks/app/dev.json", "{}")],
    "a password": [(".git-credentials", "https://a:b@example.com")],
}


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [(kind, name, text) for kind, files in SECRETS.items() for name, text in files],
    ids=lambda value: value.replace("\n", " ")[:30],
)
def test_a_secret_is_named_by_its_file_and_kind_and_never_quoted(kind: str, name: str, text: str) -> None:
    for resource in (function(texts({"index.py": HANDLER, name: text})), layer(texts({name: text}))):
        assert violations(POLICY, resource) == ["code"]
        assert messages(POLICY, resource) == [f"contains {kind}: `{name}`"]


test_what_only_looks_like_a_secret = silent(
    POLICY,
    (".env.sample", "A=1\n"),
    (".env", "# nothing\nA=\nB=''\nC=\"\"\n"),
    ("cacert.pem", CERTIFICATE),
    ("truststore.jks", ""),
    ("keys.py", 'if b"-----BEGIN PRIVATE KEY-----" in data:\n    return "a private key"\n'),
    ("keys.py", '"-----BEGIN RSA PRIVATE KEY-----\\n...\\n-----END RSA PRIVATE KEY-----"'),
    ("docs.md", EXAMPLE),
    ("conf.py", EXAMPLE.replace("= ", "= '").replace("\n", "'\n")),
    ("ids.py", f'ID = "{KEY_ID}"  # of the deployment user'),
    ("ids.py", f'ID = "{KEY_ID}"\nCOMMIT = "{token(40, "0123456789abcdef")}"'),
    ("config.py", "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']"),
    ("config.py", f"aws_secret_access_key = '{'x' * 40}'"),
    ("readme.md", "Put a token such as ghp_" + "x" * 36 + " here"),
    (".npmrc", "//example.com/:_authToken=${NPM_TOKEN}"),
    ("login.py", "password = input()"),
    (".gitignore", ".env\n"),
    (".github/workflows/ci.yml", "on: push"),
    ("model.bin", RSA),
    ("data.txt", "\0" + RSA),
    of=lambda name, text: function(texts({"index.py": HANDLER, name: text})),
)


def test_what_was_published_before_is_not_looked_into() -> None:
    tests = {"jwt/tests/key.pem": RSA, "node_modules/tls/test/key.pem": RSA, "index.py": HANDLER}
    record = {"jwt-2.0.dist-info/RECORD": "jwt/__init__.py,sha256=a,1\njwt/tests/key.pem,sha256=b,2\n"}
    assert outcomes(POLICY, function(texts(tests | record))) == []
    assert messages(POLICY, function(texts(tests))) == ["contains a private key: `jwt/tests/key.pem`"]
    in_a_layer = {f"python/{name}": text for name, text in (tests | record).items()}
    assert outcomes(POLICY, layer(texts(in_a_layer))) == []


def test_an_own_package_that_is_installed_from_its_folder_is_looked_into() -> None:
    files = {
        "acme/key.pem": RSA,
        "acme-1.0.dist-info/RECORD": "acme/key.pem,sha256=b,2\n",
        "acme-1.0.dist-info/direct_url.json": '{"url": "file:///src/acme", "dir_info": {}}',
    }
    assert messages(POLICY, function(texts(files))) == ["contains a private key: `acme/key.pem`"]


def test_many_secrets_are_counted(tmp_path: Path) -> None:
    code = zipped(tmp_path / "a.zip", {f"{n}.pem": RSA.encode() for n in range(5)} | {".env": b"A=1"})
    assert messages(POLICY, function(code)) == [
        "contains an environment file: `.env`",
        "contains a private key: `0.pem` and 4 more",
    ]


GITHUB = f"GITHUB_TOKEN = 'ghp_{token(36)}'\n"
AWS = f"ID = '{KEY_ID}'\nSECRET = '{SECRET_KEY}'\n"
OTHER_AWS = f"aws_secret_access_key = '{SECRET_KEY[::-1]}'\n"
NAMED_ONE = f"db_password = '{MADE_UP}'\n"


def test_each_kind_of_secret_in_a_file_is_reported() -> None:
    files = {"a.py": AWS + GITHUB, "b.py": GITHUB + NAMED_ONE, ".env": "A=1\n" + GITHUB}
    assert messages(POLICY, function(texts(files))) == [
        "contains a GitHub token: `.env` and 2 more",
        "contains an AWS access key: `a.py`",
        "contains a password: `b.py`",
    ]


def test_what_belongs_to_a_secret_is_no_other_one() -> None:
    account = {"type": "service_account", "private_key_id": token(40, "0123456789abcdef"), "private_key": PLAIN}
    files = {
        "account.json": json.dumps(account, indent=2),
        "slack.yaml": f"slack_token: xoxb-123456789012-{token(24)}\nchannel_id: C0123ABCD9\n",
        "url.py": f"URL = 'https://x-access-token:ghp_{token(36)}@github.com/acme/shop1'\n",
        "npm.yaml": f"npm_token: npm_{token(36)}\n",
        "ai.py": f"OPENAI_API_KEY = 'sk-proj-{token(20)}T3BlbkFJ{token(20)}'\n",
    }
    for name, text in files.items():
        assert len(messages(POLICY, function(texts({name: text})))) == 1, name


def test_a_secret_counts_once_however_often_and_under_whatever_names_it_is_there() -> None:
    ini = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n"
    yaml = f"access_key: {KEY_ID}\nsecret: {SECRET_KEY}\n"
    for name, text in (("a.ini", ini), ("a.yaml", yaml), ("a.py", AWS)):
        (report,) = outcomes(POLICY, function(texts({name: text + text})))
        assert report.parts == (f"{name} an AWS access key 0",)


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        ({"a.py": AWS}, {"a.py": AWS + GITHUB}, False),
        ({"a.py": AWS}, {"a.py": GITHUB + AWS}, False),
        ({"a.py": AWS}, {"a.py": AWS + NAMED_ONE}, False),
        ({"a.py": AWS}, {"a.py": AWS + OTHER_AWS}, False),
        ({"a.py": AWS}, {"a.py": GITHUB}, False),
        ({"a.py": AWS, "b.py": GITHUB}, {"a.py": AWS + GITHUB, "b.py": GITHUB}, False),
        ({"a.py": AWS}, {"a.py": AWS, "b.py": AWS}, False),
        ({".env": GITHUB}, {".env": GITHUB + OTHER_AWS}, False),
        ({"a.py": AWS + GITHUB}, {"a.py": AWS}, True),
        ({"a.py": AWS + GITHUB}, {"a.py": GITHUB}, True),
        ({"a.py": AWS + OTHER_AWS}, {"a.py": OTHER_AWS}, True),
        ({"a.py": AWS, "b.py": AWS}, {"b.py": AWS}, True),
        ({"a.py": AWS}, {"a.py": "import os\n" + AWS + "VALUE = 1\n" + AWS}, True),
        ({".env": GITHUB + "A=1\n"}, {".env": "A=1\n"}, True),
    ],
)
def test_the_baseline_accepts_fewer_secrets_of_a_file_and_no_other_kind(
    *, before: dict[str, str], after: dict[str, str], accepted: bool
) -> None:
    old, new = (placed_outcomes(function(texts(files)), policy=POLICY.id) for files in (before, after))
    assert not any(outcome.blocks for outcome in blocking(old, old))
    assert bool(blocking(old, new)) is not accepted
    assert SECRET_KEY not in "".join(outcome.place for outcome in old)


def test_a_folder_is_searched_for_what_pulumi_packs_of_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "index.py").write_text(HANDLER)
    code = Asset(path=str(tmp_path), archive=True)
    assert messages(POLICY, function(code)) == ["contains the repository's history: `.git/HEAD`"]


def test_a_name_that_is_no_text_breaks_no_report(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n"))
    folder.mkdir()
    (folder / ".env").write_text("A=1")
    (message,) = messages(POLICY, function(Asset(path=str(tmp_path), archive=True)))
    assert message == "contains an environment file: `??/.env`"


def test_a_file_at_a_url_beside_files_that_are_here_is_undecided() -> None:
    members = {"index.py": Asset(text=HANDLER, hash="2c26b46b"), "a.txt": Asset(uri="https://example.com/a.txt")}
    assert undecided(POLICY, function(Asset(archive=True, members=members))) == ["code"]


def test_more_text_than_is_searched_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_files, "MOST_OF_ALL", 10)
    run = function(texts({"index.py": HANDLER}))
    assert undecided(POLICY, run) == ["code"]
    assert "holds more text than is searched for secrets" in outcomes(POLICY, run)[0].message


test_code_that_cannot_be_read = undecided_with(POLICY, *UNREADABLE, (layer(UNKNOWN), "code", "known only after"))
test_code_that_is_elsewhere = silent(
    POLICY, *READ_ELSEWHERE, Resource("aws:s3/bucketObjectv2:BucketObjectv2", "a", {"code": texts({".env": "A=1"})})
)


@given(st.binary(max_size=300) | st.text().map(str.encode), st.sampled_from([b"", RSA[:40].encode(), b"AKIA", b"ghp_"]))
def test_no_file_is_too_strange(content: bytes, start: bytes) -> None:
    for name in (".env", "a.py", "id_rsa", ".netrc"):
        secret_text(name, start + content)


@given(st.text())
def test_no_name_is_too_strange(name: str) -> None:
    secret_name(name)
