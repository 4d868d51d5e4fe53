"""The values and resources of all forms: a value that only the cloud knows, and resource classes."""
import json
import pulumi
import pulumi_aws as aws

vpc = aws.ec2.get_vpc_output(default=True)
plain = aws.ec2.get_vpc(default=True)
zones = aws.get_availability_zones_output(state="available")
other = pulumi.StackReference("acme/network/dev")
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))


class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("test:index:Thing", name, props, opts)


def bad(name="bad", *_more):
    return aws.s3.BucketAcl(name, bucket="b", acl="public-read")


def behind(value):
    if value == "vpc-1":
        bad()


def further(value):
    behind(value)


class Maker:
    kind = aws.s3.BucketAcl

    def __init__(self, word):
        self.word = word

    def make(self, value):
        if value.endswith(self.word):
            self.kind("bad", bucket="b", acl="public-read")

    def __call__(self, value):
        self.make(value)


class Component(pulumi.ComponentResource):
    def __init__(self, name, value):
        super().__init__("my:index:Component", name)
        if value > "vpc-5":
            bad(name)


def third(names):
    return names[2]


def third_of(names):
    return third(names)


def decided(found):
    return found and bad()


def absent(names):
    return None if names else bad()


class Seen:
    public = None

    def see(self, i):
        self.public = i == "x"

    @classmethod
    def note(cls, i):
        cls.public = i == "x"


def handed(state, i):
    state["public"] = i.startswith("x")


factories = {"vpc-1": bad, "other": lambda: None}
