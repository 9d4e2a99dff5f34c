"""What a scenario can change: one kind per file, with its fields (`Change`) and what it does (`apply`)."""
