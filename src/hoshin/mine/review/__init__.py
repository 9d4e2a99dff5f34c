"""Review of a model by those who do the work: what they remark becomes a corrected model and a difference."""
