"""Whole programs, run as a user's would be. Each is run once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from policypack.core.policy import UNKNOWN, Asset, Position, Reference, Resource, Unknown
from stackguard.preview import Preview, run
from stackguard.preview.server.process import HOST, PREFIX
from stackguard.preview.server.protos import resource_pb2
from stackguard.preview.server.registry import trail_of

PROGRAMS = Path(__file__).parents[1] / "programs"


@cache
def tree() -> Preview:
    return run(PROGRAMS / "tree", timeout=60)


@cache
def ingest(*, resolve: bool = True) -> Preview:
    return run(PROGRAMS / "ingest", resolve=resolve, timeout=60)


def named(preview: Preview, name: str) -> Resource:
    (named,) = [resource for resource in preview.resources if resource.name == name]
    return named


def provider_of(resource: Resource) -> str:
    return resource.provider.rpartition("::")[2]


def unhashed(asset: Asset) -> Asset:
    members = asset.members and {name: unhashed(member) for name, member in asset.members.items()}
    return replace(asset, members=members, hash="")


class TestTree:
    @pytest.mark.parametrize(
        ("name", "urn", "parent"),
        [
            ("tree-dev", "pulumi:pulumi:Stack::tree-dev", ""),
            ("plain", "my:parts:Room::plain", "tree-dev"),
            ("plain-shelf", "my:parts:Room$my:parts:Shelf::plain-shelf", "plain"),
            ("plain-shelf-board", "my:parts:Room$my:parts:Shelf$test:index:Thing::plain-shelf-board", "plain-shelf"),
            (
                "plain-shelf-book",
                "my:parts:Room$my:parts:Shelf$test:index:Thing$test:index:Thing::plain-shelf-book",
                "plain-shelf-board",
            ),
            ("west", "pulumi:providers:test::west", "tree-dev"),
            ("default", "pulumi:providers:test::default", ""),
        ],
    )
    def test_urns_chain_the_types_of_parents(self, name: str, urn: str, parent: str) -> None:
        resource = named(tree(), name)
        assert resource.urn == f"urn:pulumi:dev::tree::{urn}"
        assert resource.parent == (named(tree(), parent).urn if parent else "")

    @pytest.mark.parametrize(
        ("name", "provider"),
        [
            ("plain-shelf-book", "default"),
            ("mapped-shelf-board", "west"),
            ("mapped-shelf-book", "west"),
            ("given-shelf-book", "west"),
            ("first", "default"),
            ("second", "default_1_2_3_alpha_1"),
            ("mapped-shelf", ""),
        ],
    )
    def test_providers_are_inherited_or_default(self, name: str, provider: str) -> None:
        assert provider_of(named(tree(), name)) == provider

    def test_default_providers_take_their_config_and_version(self) -> None:
        default = named(tree(), "default_1_2_3_alpha_1")
        assert default.inputs == {"endpoint": "https://example.org", "token": UNKNOWN, "version": "1.2.3-alpha.1"}
        assert default.secrets == {"token"}
        assert default.custom
        assert named(tree(), "west").inputs == {"region": "us-west-2", "version": "2.0.0"}

    def test_values_arrive_plain(self) -> None:
        assert named(tree(), "first").inputs == {
            "deep": {"list": [1, {"a": "b"}]},
            "on": True,
            "share": 1.5,
            "size": 3,
        }
        assert named(tree(), "plain-shelf").inputs == {"label": "plain-shelf"}

    def test_what_waits_for_another_resource_is_unknown_and_depends_on_it(self) -> None:
        first, second, west = (named(tree(), name) for name in ("first", "second", "west"))
        assert second.inputs == {
            "from": UNKNOWN,
            "list": [UNKNOWN, "known"],
            "whole": Reference(first.urn, UNKNOWN),
            "plain": "x",
        }
        assert second.property_dependencies == {
            "from": (first.urn,),
            "list": (first.urn,),
            "plain": (),
            "whole": (first.urn,),
        }
        assert second.dependencies == tuple(sorted((first.urn, west.urn)))

    def test_waiting_for_a_component_is_waiting_for_what_is_in_it(self) -> None:
        assert named(tree(), "waited-for-shelf-board").urn in named(tree(), "afterwards").dependencies

    def test_secrets_are_unwrapped_and_their_paths_kept(self) -> None:
        hidden = named(tree(), "hidden")
        assert hidden.inputs == {"password": "sesame", "deep": {"key": ["open"]}, "later": "x"}
        assert hidden.secrets == {"password", "deep.key[0]", "later"}

    def test_assets_and_archives_are_where_the_program_runs(self) -> None:
        folder = PROGRAMS / "tree"
        assert {name: unhashed(value) for name, value in named(tree(), "files").inputs.items()} == {
            "text": Asset(text="hello"),
            "file": Asset(path=str(folder / "parts.py")),
            "far": Asset(uri="https://example.org/x"),
            "zip": Asset(path=f"{folder}/.", archive=True),
            "made": Asset(
                members={"a/b.txt": Asset(text="b"), "c": Asset(path=f"{folder}/.", archive=True)}, archive=True
            ),
        }

    def test_existing_resources_have_an_id(self) -> None:
        assert [named(tree(), name).id for name in ("found", "brought", "first")] == ["thing-7", "thing-8", ""]
        assert named(tree(), "uses-found").inputs == {"of": "thing-7"}

    def test_transforms_apply_to_the_resource_and_its_children(self) -> None:
        assert named(tree(), "moved").inputs == {"note": UNKNOWN, "by": "moved"}
        assert named(tree(), "moved-child").inputs == {"note": UNKNOWN, "by": "moved-child", "size": 1}

    def test_only_hooks_meant_for_previews_run(self) -> None:
        assert tree().outputs["seen"] == "hooked"

    def test_outputs(self) -> None:
        assert tree().outputs == {
            "made": UNKNOWN,
            "secret": "s",
            "number": 4,
            "seen": "hooked",
            "type": "test:index:Thing",
        }
        assert named(tree(), "plain-shelf").outputs == {"books": 1}

    def test_resources_come_in_the_order_of_construction(self) -> None:
        names = [resource.name for resource in tree().resources]
        assert names[:3] == ["tree-dev", "default", "default_1_2_3_alpha_1"]
        assert [name for name in names if name[0] == "n"] == [f"n{number}" for number in range(12)]
        top = ["west", "plain", "mapped", "given", "n0", "first", "second", "hidden", "files", "found", "moved"]
        assert [name for name in names if name in top] == top

    def test_resources_know_where_they_are_constructed(self) -> None:
        lines = (PROGRAMS / "tree" / "__main__.py").read_text().splitlines()
        position = named(tree(), "first").position
        assert position == Position("__main__.py", next(n for n, line in enumerate(lines, 1) if "first =" in line))
        assert named(tree(), "plain-shelf-book").position.file == "parts.py"  # type: ignore[union-attr]
        assert [call.file for call in named(tree(), "plain-shelf-book").callers] == ["parts.py", "__main__.py"]
        assert named(tree(), "first").callers == ()
        assert named(tree(), "tree-dev").position is None

    def test_what_is_printed_and_logged_is_kept_in_order(self) -> None:
        assert tree().printed == "printed by the program\nwarning: logged by the program\n"


class TestIngest:
    ACCOUNT = "210987654321"

    def test_computed_outputs_are_filled_as_aws_would(self) -> None:
        bucket = named(ingest(), "Inbox")
        physical = bucket["bucket"]
        assert physical.startswith("inbox-")
        assert len(physical) == len("inbox-") + 7
        assert bucket.id == physical
        assert bucket.outputs == {
            "id": physical,
            "bucket": physical,
            "tagsAll": {},
            "arn": f"arn:aws:s3:::{physical}",
            "region": "eu-central-1",
            "bucketRegion": "eu-central-1",
            "bucketDomainName": f"{physical}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{physical}.s3.eu-central-1.amazonaws.com",
        }
        assert bucket.inputs == {"bucket": physical, "tagsAll": {}, "region": "eu-central-1"}

    def test_names_are_the_same_on_every_run(self) -> None:
        assert named(run(PROGRAMS / "ingest", timeout=60), "Inbox").id == named(ingest(), "Inbox").id

    def test_a_resource_is_in_its_own_region_or_its_providers(self) -> None:
        assert named(ingest(), "named")["bucketRegionalDomainName"] == "chosen-name.s3.us-east-1.amazonaws.com"
        assert named(ingest(), "far")["arn"].startswith("arn:aws-cn:s3:::far-")
        assert named(ingest(), "far")["bucketDomainName"].endswith(".s3.amazonaws.com.cn")

    def test_a_value_that_derives_from_a_secret_is_secret(self) -> None:
        hidden = named(ingest(), "hidden")
        assert hidden["arn"] == "arn:aws:s3:::hush"
        assert {"bucket", "arn", "id", "bucketDomainName"} <= hidden.secrets

    def test_documents_built_from_outputs_are_known(self) -> None:
        role, bucket = named(ingest(), "role"), named(ingest(), "Inbox")
        assert role["arn"] == f"arn:aws:iam::{self.ACCOUNT}:role/{role.id}"
        assert ingest().outputs["document"]["Statement"] == [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{bucket['arn']}/*",
                "Principal": {"AWS": [role["arn"], self.ACCOUNT]},
            }
        ]
        policy = named(ingest(), "policy")
        assert role["arn"] in policy.inputs["policy"]
        assert policy.dependencies == (role.urn, bucket.urn)
        assert named(ingest(), "permission").inputs["sourceArn"] == bucket["arn"]

    def test_function_and_queue(self) -> None:
        function, queue = named(ingest(), "worker"), named(ingest(), "dead")
        arn = f"arn:aws:lambda:eu-central-1:{self.ACCOUNT}:function:{function.id}"
        assert function["arn"] == arn
        assert function["qualifiedArn"] == f"{arn}:$LATEST"
        assert "qualifiedArn" not in named(ingest(), "published").outputs
        assert queue.id == f"https://sqs.eu-central-1.amazonaws.com/{self.ACCOUNT}/{queue['name']}"
        assert queue["name"].endswith(".fifo")

    def test_functions_that_need_no_cloud_are_computed_and_others_unknown(self) -> None:
        assert ingest().outputs["partition"] == "aws-cn"
        assert ingest().outputs["region"] == "eu-central-1"
        image = named(ingest(), "machine").inputs["ami"]
        assert image.why == "needs `id` of `aws:ec2/getAmi:getAmi`, which only the cloud knows"

    def test_values_that_only_aws_knows_stay_unknown(self) -> None:
        assert ingest().outputs["role"] == UNKNOWN

    def test_an_existing_bucket_is_known_by_its_id(self) -> None:
        assert ingest().outputs["seen"] == "arn:aws:s3:::existing-bucket"

    def test_without_resolve_computed_outputs_are_unknown(self) -> None:
        bucket = named(ingest(resolve=False), "Inbox")
        assert bucket.id == ""
        assert bucket.outputs.keys() == {"bucket", "tagsAll", "region"}
        policy = named(ingest(resolve=False), "policy")
        assert policy.inputs == {"bucket": UNKNOWN, "policy": UNKNOWN, "region": "eu-central-1"}
        assert isinstance(ingest(resolve=False).outputs["document"], Unknown)
        assert named(ingest(resolve=False), "named").outputs == {
            "bucket": "chosen-name",
            "region": "us-east-1",
            "tagsAll": {},
        }
        assert ingest(resolve=False).outputs["region"] == "eu-central-1"

    def test_both_modes_register_the_same(self) -> None:
        assert [r.urn for r in ingest().resources] == [r.urn for r in ingest(resolve=False).resources]


class TestOdd:
    @staticmethod
    @cache
    def preview() -> Preview:
        return run(PROGRAMS / "odd", timeout=60)

    def test_a_coroutine_is_waited_for(self) -> None:
        assert self.preview().outputs["count"] == 12

    def test_things_that_race_come_in_one_order(self) -> None:
        names = [resource.name for resource in self.preview().resources if resource.name.startswith("late")]
        assert names == [f"late{number}" for number in range(12)]

    def test_a_dynamic_provider_gets_all_config(self) -> None:
        made = named(self.preview(), "made")
        assert made.inputs == {"size": 1}
        assert made.provider == "urn:pulumi:dev::odd::pulumi:providers:pulumi-python::default"
        (provider,) = [resource for resource in self.preview().resources if resource.urn == made.provider]
        assert provider.inputs == {"odd:a": "b", "aws:region": "eu-west-1"}
        assert self.preview().outputs["made"] == UNKNOWN

    def test_another_stacks_outputs_are_unknown(self) -> None:
        assert self.preview().outputs["from_stack"] == UNKNOWN
        assert named(self.preview(), "acme/other/dev").id == "acme/other/dev"

    def test_transforms_of_the_stack(self) -> None:
        assert self.preview().outputs["partition"]["partition"] == "aws-us-gov"
        thing, late = named(self.preview(), "from-stack"), named(self.preview(), "late3")
        name = thing.inputs["name"]
        assert name.why == "needs an output of the stack `acme/other/dev`, which only its state knows"
        assert name.fix == "Give it with `--mock FILE`: `acme/other/dev: {name: <value>}` under `stacks:`."
        assert thing.inputs == {"name": name, "of": UNKNOWN, "tag": "x"}
        assert {named(self.preview(), "acme/other/dev").urn, late.urn} == {*thing.dependencies}


class TestSettings:
    @staticmethod
    @cache
    def preview() -> Preview:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN", "AWS_REGION", "MY_OWN", "AWS_PROFILE"):
                patch.setenv(name, "x")
            overrides = MappingProxyType({"owner": "me", "other:zone": "b"})
            return run(PROGRAMS / "settings", stack="acme/settings/dev", config=overrides, timeout=60)

    def test_config_arrives_as_pulumi_hands_it_on(self) -> None:
        outputs = self.preview().outputs
        assert {key: outputs[key] for key in ("flag", "on", "time", "num", "int", "size")} == {
            "flag": "yes",
            "on": "true",
            "time": "12:30",
            "num": "1.5",
            "int": "7",
            "size": "3",
        }
        assert outputs["object"] == '{"a":{"deep":true},"b":[1,"\\u003c\\u0026\\u003e"]}'

    def test_overrides_win(self) -> None:
        assert (self.preview().outputs["owner"], self.preview().outputs["zone"]) == ("me", "b")

    def test_encrypted_values_are_unknown_and_secret(self) -> None:
        assert self.preview().outputs["password"] == UNKNOWN
        assert self.preview().secret_config == {"settings:password", "settings:mixed"}
        assert self.preview().resources[0].secrets == {"password"}

    def test_the_entry_runs_in_its_folder(self) -> None:
        assert (self.preview().outputs["cwd"], self.preview().outputs["helper"]) == ("app", "helped")

    def test_no_credentials_reach_the_program(self) -> None:
        names = set(self.preview().outputs["environment"])
        assert {"AWS_REGION", "MY_OWN"} <= names
        assert not {"AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN", "AWS_PROFILE"} & names

    def test_names(self) -> None:
        assert self.preview().outputs["names"] == ["acme", "settings", "dev"]


def test_the_runners_modules_have_the_same_place_in_every_run() -> None:
    place = {"uri": f"file:///tmp/{PREFIX}a1b2c3d4/{HOST}/operations/calls.py", "line": 3}
    assert trail_of(resource_pb2.RegisterResourceRequest(sourcePosition=place)) == (("operations/calls.py", 3),)
