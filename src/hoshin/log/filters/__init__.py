"""What a filter can ask of a case or an event: its time, its attributes, its path, its variant."""
