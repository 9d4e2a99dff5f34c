"""Adapters to the outside: one file per format or system. The file name is the name: `read` takes `csv`, `xes` ..."""
