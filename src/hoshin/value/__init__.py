"""Savings that an auditor can recompute: panels, estimators, rollout plans, ledger, money, audit packs."""
