"""Pictures and pages from results: maps as SVG, self-contained HTML. Draws numbers, never computes them."""
