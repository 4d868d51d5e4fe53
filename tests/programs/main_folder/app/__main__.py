"""The program lies in a folder of its own; files are named from there."""

import pulumi
from rooms import NAME

pulumi.CustomResource("test:index:Thing", NAME, {"file": pulumi.FileAsset("hello.txt")})
