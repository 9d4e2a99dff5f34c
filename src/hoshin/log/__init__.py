"""The event log: what it is, how it is built from columns, checked and selected."""
