"""Object-centric event logs, one format per file: `EXTENSIONS`, `read(path)`, perhaps `write(ocel, path)`."""
