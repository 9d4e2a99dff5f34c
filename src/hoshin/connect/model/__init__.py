"""Model files, one format per file: `read(path)` gives a model, `write(model, path)` stores one."""
