"""Measurements of what the budgets promise, as ratios or bytes taken in one run (never timed tests)."""
