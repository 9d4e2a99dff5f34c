"""How the work really flows: maps, variants, waits."""
