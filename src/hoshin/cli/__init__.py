"""The command line: derived from the use cases; it parses, calls and renders."""
