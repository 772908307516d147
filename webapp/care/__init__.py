"""The field's rules: dates, thresholds, summaries and rhythms. Pure; the rules themselves are JSON."""
