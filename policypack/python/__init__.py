"""One reader of Python code: files of an archive in; records consumed, AWS calls and imports out, without running it."""
