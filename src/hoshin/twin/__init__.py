"""The digital twin: a model of the process fitted to its log, simulated, and asked what a change would do."""
