"""Savings on paper: charts as SVG, the audit page as HTML, the same as PDF."""
