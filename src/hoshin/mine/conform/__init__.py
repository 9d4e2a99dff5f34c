"""Does the log fit the model, and what do the differences cost?"""
