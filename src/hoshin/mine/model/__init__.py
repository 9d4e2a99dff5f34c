"""Process models: process trees, accepting Petri nets and BPMN, one family with exact conversions."""
