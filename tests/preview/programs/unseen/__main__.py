"""Runs the forms that the config names: each module beside this has functions that run one form each."""

import importlib

import pulumi

for name in pulumi.Config().require("forms").split():
    importlib.import_module(name)
