from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Settings:
    image: str
    desired: int
    cidr: str

    @classmethod
    def load(cls) -> Settings:
        config = pulumi.Config()
        return cls(config.require("image"), config.get_int("desired") or 1, config.require("cidr"))


settings = Settings.load()
