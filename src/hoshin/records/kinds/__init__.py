"""One kind of record per file; the file name is the kind. See `hoshin.records.record`."""
