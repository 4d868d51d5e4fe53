"""Files that are dropped into one bucket are converted into another."""

from pipeline import FileDrop

drop = FileDrop.from_config().deploy()
