"""Records of what people decide, on an append-only ledger: typed, versioned, approved, provable."""
